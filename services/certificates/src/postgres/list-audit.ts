import type { Page } from './page.js';
import { type Sql, statement } from './statement.js';
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

/** One page, the latest first, and one record more when there is one. */
export function listAudit(
  sql: Sql,
  { filter, first, before }: { filter: AuditFilter; first: number; before: number | null },
): Promise<AuditRow[]> {
  const given = (Object.keys(CONDITIONS) as (keyof AuditFilter)[]).filter((key) => filter[key] != null);
  const values: unknown[] = [first + 1, before, ...given.map((key) => filter[key])];
  const conditions = given.map((key, index) => `AND ${CONDITIONS[key](`$${index + 3}`)}`);
  const list = statement<AuditRow>(
    ['audit_list', ...given].join('_'),
    `
SELECT ${COLUMNS}, s.sequence, s.hash
FROM audit a LEFT JOIN audit_seals s ON s.audit_id = a.id
WHERE a.id < coalesce($2::bigint, ${Number.MAX_SAFE_INTEGER}) ${conditions.join(' ')}
ORDER BY a.id DESC LIMIT $1`,
  );
  return sql.query(list, values);
}

const HISTORIES = statement<AuditRow & { readonly certificateId: string }>(
  'audit_histories',
  `
SELECT h.*, s.sequence, s.hash FROM unnest($1::uuid[]) AS w (id)
CROSS JOIN LATERAL (
  SELECT ${COLUMNS} FROM audit a
  WHERE a.certificate_id = w.id AND a.id < coalesce($3::bigint, ${Number.MAX_SAFE_INTEGER})
  ORDER BY a.id DESC LIMIT $2
) h
LEFT JOIN audit_seals s ON s.audit_id = h.id
ORDER BY h.id DESC`,
);

/** Of each certificate what was done to it, the latest first, and one record more than a page when there is one. */
export function certificateHistories(sql: Sql, ids: readonly string[], { first, after }: Page) {
  return sql.query(HISTORIES, [ids, first + 1, after]);
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
