import type { Page } from '../../records/paging/page.js';
import { type NumberBounds, numberBounds } from '../../records/sql/number-bounds.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import type { AuditPosition } from './write-audit.js';

export interface AuditFilter {
  readonly actor?: string | null;
  readonly action?: string | null;
  readonly certificateId?: string | null;
  readonly environment?: string | null;
  readonly requestId?: string | null;
  readonly from?: Date | null;
  readonly until?: Date | null;
}

/** A record with its seal, when it has one. */
export interface AuditRow {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly certificateId: string | null;
  readonly environments: readonly string[];
  readonly revisions: readonly AuditPosition[];
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly details: Record<string, unknown>;
  readonly sequence: number | null;
  readonly hash: string | null;
}

const CONDITIONS: Record<keyof AuditFilter, (value: string) => string> = {
  actor: (value) => `a.actor = ${value}`,
  action: (value) => `a.action = ${value}`,
  certificateId: (value) => `a.certificate_id = ${value}::uuid`,
  environment: (value) => `a.environments @> ARRAY[${value}]`,
  requestId: (value) => `a.request_id = ${value}::uuid`,
  from: (value) => `a.at >= ${value}::timestamptz`,
  until: (value) => `a.at < ${value}::timestamptz`,
};

const COLUMNS = `a.id, a.at, a.actor, a.action, a.address, a.request_id AS "requestId",
  a.certificate_id AS "certificateId", a.environments, a.revisions, a.before, a.after, a.details`;

/** One page of what has the latest first, from the end that it begins at, and one record more when there is one. */
export function listAudit(
  sql: Sql,
  { filter, ...page }: Page<number> & { readonly filter: AuditFilter },
): Promise<AuditRow[]> {
  const given = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((key) => filter[key] != null);
  const { values: bounds, direction } = numberBounds(page, { descending: true });
  const values: unknown[] = [...bounds, ...given.map((key) => filter[key])];
  const conditions = given.map((key, index) => `AND ${CONDITIONS[key](`$${index + 4}`)}`);
  const list = statement<AuditRow>(
    ['audit_list', direction.toLowerCase(), ...given].join('_'),
    `
SELECT ${COLUMNS}, s.sequence, s.hash
FROM audit a LEFT JOIN audit_seals s ON s.audit_id = a.id
WHERE a.id > $1::bigint AND a.id < $2::bigint ${conditions.join(' ')}
ORDER BY a.id ${direction} LIMIT $3`,
  );
  return sql.query(list, values);
}

const historiesRead = (direction: NumberBounds['direction']) =>
  statement<AuditRow & { readonly certificateId: string }>(
    `audit_histories_${direction.toLowerCase()}`,
    `
SELECT h.*, s.sequence, s.hash FROM unnest($1::uuid[]) AS w (id)
CROSS JOIN LATERAL (
  SELECT ${COLUMNS} FROM audit a
  WHERE a.certificate_id = w.id AND a.id > $2::bigint AND a.id < $3::bigint
  ORDER BY a.id ${direction} LIMIT $4
) h
LEFT JOIN audit_seals s ON s.audit_id = h.id
ORDER BY h.id ${direction}`,
  );

/** Of each certificate what was done to it, as {@link listAudit} reads a page. */
export function certificateHistories(sql: Sql, ids: readonly string[], page: Page<number>) {
  const { values, direction } = numberBounds(page, { descending: true });
  return sql.query(historiesRead(direction), [ids, ...values]);
}

const DEPLOYED = statement<AuditRow & { readonly deploymentId: string }>(
  'audit_deployed',
  `
SELECT a.details ->> 'deploymentId' AS "deploymentId", ${COLUMNS}, s.sequence, s.hash
FROM audit a LEFT JOIN audit_seals s ON s.audit_id = a.id
WHERE a.details ->> 'deploymentId' = ANY ($1::text[]) AND a.revisions <> '[]'`,
);

/** The records of the changes that made deployments. */
export function deploymentRecords(sql: Sql, ids: readonly string[]) {
  return sql.query(DEPLOYED, [ids]);
}
