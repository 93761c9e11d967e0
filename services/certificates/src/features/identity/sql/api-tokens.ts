import type { ApiTokenRecord } from '../../records/api-token-record.js';
import { PERMISSIONS } from '../../records/grants.js';
import type { Page } from '../../records/paging/page.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { tokenHint, tokenSha256 } from '../token.js';
import { EXPIRES_SOON } from './expiring-tokens.js';
import type { TimeCursor } from '../../records/paging/time-cursor.js';

export type ApiTokenRow = ApiTokenRecord & TimeCursor;

const RECORD = `
  SELECT t.id, t.name, t.hint, t.permissions, t.created_by AS "createdBy", t.created_at AS "createdAt",
    t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt", t.revoked_at AS "revokedAt", t.revoked_by AS "revokedBy",
    coalesce(${EXPIRES_SOON}, false) AS "expiresSoon",
    CASE WHEN t.environments IS NOT NULL THEN
      ARRAY(SELECT e.name FROM environments e WHERE e.id = ANY (t.environments) ORDER BY e.name) END AS environments,
    t.created_at::text AS "sortKey"
  FROM api_tokens t`;
const PLACE = '(t.created_at, t.id)';
const pageRead = (direction: 'ASC' | 'DESC') =>
  statement<ApiTokenRow>(
    `api_tokens_page_${direction.toLowerCase()}`,
    `${RECORD}
     WHERE ($1::text IS NULL OR ${PLACE} < ($1::timestamptz, $2)) AND ($3::text IS NULL OR ${PLACE} > ($3::timestamptz, $4))
     ORDER BY t.created_at ${direction}, t.id ${direction} LIMIT $5`,
  );
const FORWARD = pageRead('DESC');
const BACKWARD = pageRead('ASC');
const COUNT = statement<{ number: number }>('api_tokens_count', 'SELECT count(*)::integer AS number FROM api_tokens');
const BY_ID = statement<ApiTokenRow>('api_token_by_id', `${RECORD} WHERE t.id = $1`);
const ADD = statement<{ id: string }>(
  'api_token_add',
  `INSERT INTO api_tokens (id, name, token_sha256, hint, permissions, environments, created_by, expires_at)
   SELECT $1, $2, $3, $4, $5,
     CASE WHEN $6::text[] IS NOT NULL THEN ARRAY(SELECT e.id FROM environments e WHERE e.name = ANY ($6)) END, $7, $8
   RETURNING id`,
);
const ADD_ADMIN = statement<{ id: string }>(
  'api_token_add_admin',
  `INSERT INTO api_tokens (name, token_sha256, hint, permissions, created_by, expires_at)
   VALUES ('admin', $1, $2, $3, 'service', now() + make_interval(days => $4)) RETURNING id`,
);
const REVOKE = statement<object>(
  'api_token_revoke',
  'UPDATE api_tokens SET revoked_at = now(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL',
);
const OPENS = statement<object>('api_token_opens', 'SELECT FROM api_tokens WHERE id = $1 AND token_sha256 = $2');
const KNOWN = statement<{ name: string }>(
  'api_token_environments',
  'SELECT name FROM environments WHERE name = ANY ($1)',
);

/** Newest first. */
export function apiTokens(sql: Sql, { size, after, before, backward }: Page<TimeCursor>): Promise<ApiTokenRow[]> {
  const values = [after?.sortKey ?? null, after?.id ?? null, before?.sortKey ?? null, before?.id ?? null, size + 1];
  return sql.query(backward ? BACKWARD : FORWARD, values);
}

export async function countApiTokens(sql: Sql): Promise<number> {
  return (await sql.query(COUNT))[0]?.number ?? 0;
}

export async function apiTokenById(sql: Sql, id: string): Promise<ApiTokenRecord | null> {
  return (await sql.query(BY_ID, [id]))[0] ?? null;
}

export interface NewApiTokenRow {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly permissions: readonly string[];
  readonly environments: readonly string[] | null;
  readonly createdBy: string;
  readonly expiresAt: Date | null;
}

/** Stores a hash of the token. */
export async function addApiToken(sql: Sql, row: NewApiTokenRow): Promise<void> {
  const { id, name, token, permissions, environments, createdBy, expiresAt } = row;
  await sql.query(ADD, [
    id,
    name,
    tokenSha256(token),
    tokenHint(token),
    permissions,
    environments,
    createdBy,
    expiresAt,
  ]);
}

/** Stores a hash of a token that may do everything, for so many days; null: for ever. @returns its id */
export async function addAdminToken(sql: Sql, token: string, days: number | null): Promise<string> {
  const [added] = await sql.query(ADD_ADMIN, [tokenSha256(token), tokenHint(token), PERMISSIONS, days]);
  if (!added) throw new Error('a token that was stored is not there');
  return added.id;
}

export async function revokeToken(sql: Sql, id: string, actor: string): Promise<void> {
  await sql.query(REVOKE, [id, actor]);
}

/** Whether this is the token of the row. */
export async function tokenOpens(sql: Sql, id: string, token: string): Promise<boolean> {
  return (await sql.query(OPENS, [id, tokenSha256(token)])).length > 0;
}

export async function knownEnvironmentNames(sql: Sql, names: readonly string[]): Promise<Set<string>> {
  return new Set((await sql.query(KNOWN, [names])).map(({ name }) => name));
}
