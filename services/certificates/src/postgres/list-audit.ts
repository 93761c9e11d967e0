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
SELECT a.id, a.at, a.actor, a.action, a.address, a.request_id AS "requestId", a.certificate_id AS "certificateId",
  a.environments, a.revisions, a.before, a.after, a.details, s.sequence, s.hash
FROM audit a LEFT JOIN audit_seals s ON s.audit_id = a.id
WHERE a.id < coalesce($2::bigint, ${Number.MAX_SAFE_INTEGER}) ${conditions.join(' ')}
ORDER BY a.id DESC LIMIT $1`,
  );
  return sql.query(list, values);
}
