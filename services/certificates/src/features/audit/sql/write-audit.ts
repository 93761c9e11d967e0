import type { Position } from '@trustcast/schema';
import type { Author, Origin } from '../../requests/request.js';
import { demandPermission, scopeFor } from '../rules/demand-permission.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** What was done, for the audit; who did it, and from where, is the request's to say. */
export interface AuditEntry {
  readonly action: string;
  readonly certificateId?: string;
  /** What it was about, before and after; none: was not yet, or is not any more. */
  readonly before?: object;
  readonly after?: object;
  /** What else is to be known. */
  readonly details?: object;
}

export interface AuditPosition extends Position {
  readonly environment: string;
}

/** The columns that every record has, from the actor, the action, and the JSON of {@link auditRest}. */
export function auditRecord(actor: string, action: string, rest: string): { columns: string; values: string } {
  return {
    columns: 'actor, action, address, request_id, certificate_id, before, after, details',
    values: `${actor}, ${action}, r.address, r.request_id, r.certificate_id, r.before, r.after, coalesce(r.details, '{}')
  FROM jsonb_to_record(${rest}::jsonb)
    AS r (address text, request_id uuid, certificate_id uuid, before jsonb, after jsonb, details jsonb)`,
  };
}

export function auditRest({ address, requestId }: Origin, entry: AuditEntry): string {
  const { certificateId, ...rest } = entry;
  return JSON.stringify({ address, request_id: requestId, certificate_id: certificateId, ...rest });
}

/** {@link auditRest} of a change that PostgreSQL makes where it is allowed: `may` has the environments, none for all. */
export function demandingRest(author: Author, entry: AuditEntry): string {
  const scope = scopeFor(author.grants, entry.action);
  if (scope === null) return auditRest(author, entry);
  const rest = JSON.parse(auditRest(author, entry)) as object;
  return JSON.stringify({ ...rest, may: [...scope] });
}

const { columns, values } = auditRecord('$1', '$2', '$3');
const WRITE = statement<object>(
  'audit_write',
  `INSERT INTO audit (environments, revisions, ${columns}) SELECT $4, $5::jsonb, ${values}`,
);

const EACH = auditRecord('$1', `m.record ->> 'action'`, 'm.record');
const WRITE_EACH = statement<object>(
  'audit_write_each',
  `INSERT INTO audit (environments, ${EACH.columns})
   SELECT ARRAY(SELECT jsonb_array_elements_text(m.record -> 'environments')), w.*
   FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS m (record, number)
   CROSS JOIN LATERAL (SELECT ${EACH.values}) w ORDER BY m.number`,
);

/** Records several things that were done at once. */
export async function writeAudits(
  sql: Sql,
  author: Author,
  entries: readonly (AuditEntry & { readonly environments: readonly string[] })[],
): Promise<void> {
  for (const { action, environments } of entries)
    if (environments.length > 0) demandPermission(author.grants, action, environments);
  const records = entries.map((entry) => auditRest(author, entry));
  await sql.query(WRITE_EACH, [author.actor, `[${records.join(',')}]`]);
}

/** Where something was done. */
export interface AuditPlaces {
  readonly environments?: readonly string[];
  readonly revisions?: readonly AuditPosition[];
}

/**
 * Records who changed what, in the transaction that does it. Nothing is changed without such a record, so this is where a
 * change is refused that its author may not make.
 *
 * @throws ForbiddenError
 */
export async function writeAudit(sql: Sql, author: Author, entry: AuditEntry, places: AuditPlaces = {}): Promise<void> {
  demandPermission(author.grants, entry.action, places.environments ?? []);
  await recordAudit(sql, author, entry, places);
}

/** Records what somebody did that changed nothing, or was not let do. */
export async function recordAudit(
  sql: Sql,
  origin: Origin,
  entry: AuditEntry,
  { environments = [], revisions = [] }: AuditPlaces = {},
): Promise<void> {
  const rest = auditRest(origin, entry);
  await sql.query(WRITE, [origin.actor, entry.action, rest, environments, JSON.stringify(revisions)]);
}
