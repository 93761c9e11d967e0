import type { GrantRecord } from '../../records/grant-record.js';
import type { Page } from '../../records/paging/page.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import type { TimeCursor } from '../../records/paging/time-cursor.js';

export type GrantRow = GrantRecord & TimeCursor;

const RECORD = `
  SELECT g.id, g.issuer, g.subject, g.group_name AS "group", g.permissions, g.created_by AS "createdBy",
    g.created_at AS "createdAt",
    CASE WHEN g.environments IS NOT NULL THEN
      ARRAY(SELECT e.name FROM environments e WHERE e.id = ANY (g.environments) ORDER BY e.name) END AS environments,
    g.created_at::text AS "sortKey"
  FROM grants g`;
const PLACE = '(g.created_at, g.id)';
const pageRead = (direction: 'ASC' | 'DESC') =>
  statement<GrantRow>(
    `grants_page_${direction.toLowerCase()}`,
    `${RECORD}
     WHERE ($1::text IS NULL OR ${PLACE} < ($1::timestamptz, $2)) AND ($3::text IS NULL OR ${PLACE} > ($3::timestamptz, $4))
     ORDER BY g.created_at ${direction}, g.id ${direction} LIMIT $5`,
  );
const FORWARD = pageRead('DESC');
const BACKWARD = pageRead('ASC');
const COUNT = statement<{ number: number }>('grants_count', 'SELECT count(*)::integer AS number FROM grants');
const BY_ID = statement<GrantRow>('grant_by_id', `${RECORD} WHERE g.id = $1`);
const ADD = statement<object>(
  'grant_add',
  `INSERT INTO grants (id, issuer, subject, group_name, permissions, environments, created_by)
   SELECT $1, $2, $3, $4, $5,
     CASE WHEN $6::text[] IS NOT NULL THEN ARRAY(SELECT e.id FROM environments e WHERE e.name = ANY ($6)) END, $7`,
);
const DELETE = statement<{ id: string }>('grant_delete', 'DELETE FROM grants WHERE id = $1 RETURNING id');

/** Newest first. */
export function grantsPage(sql: Sql, { size, after, before, backward }: Page<TimeCursor>): Promise<GrantRow[]> {
  const values = [after?.sortKey ?? null, after?.id ?? null, before?.sortKey ?? null, before?.id ?? null, size + 1];
  return sql.query(backward ? BACKWARD : FORWARD, values);
}

export async function countGrants(sql: Sql): Promise<number> {
  return (await sql.query(COUNT))[0]?.number ?? 0;
}

export async function grantById(sql: Sql, id: string): Promise<GrantRecord | null> {
  return (await sql.query(BY_ID, [id]))[0] ?? null;
}

export async function addGrant(sql: Sql, grant: Omit<GrantRecord, 'createdAt'>): Promise<void> {
  const { id, issuer, subject, group, permissions, environments, createdBy } = grant;
  await sql.query(ADD, [id, issuer, subject, group, permissions, environments, createdBy]);
}

/** @returns whether there was one */
export async function removeGrant(sql: Sql, id: string): Promise<boolean> {
  return (await sql.query(DELETE, [id])).length > 0;
}
