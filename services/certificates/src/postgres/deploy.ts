import { LIMITS } from '@trustcast/schema';
import type { EnvironmentChange } from '../domain/placement.js';
import type { Refusal } from '../domain/refusal.js';
import type { Request } from './request.js';
import { type Sql, statement } from './statement.js';
import { type AuditEntry, auditRecord, auditRest } from './write-audit.js';

/** Where a deployment is, in one environment. */
export interface DeployedPosition {
  readonly environmentId: string;
  readonly epoch: number;
  readonly revision: number;
  readonly createdAt: Date;
}

export interface Deploy {
  readonly deploymentId: string;
  readonly changes: readonly EnvironmentChange[];
  /** Bytes of the certificates that come with this very change, by fingerprint. */
  readonly derBytes?: ReadonlyMap<string, number>;
  readonly request: Request;
  readonly audit: AuditEntry;
  /** Kept for a retry of the request. */
  readonly answer: object;
}

/** Encoded size of an entry in a message, beside its base64 and its alias. */
const ENTRY_OVERHEAD_BYTES = 24;
const MAX_ENCODED_BYTES = LIMITS.messageBytes - LIMITS.statementBytes;

/**
 * The end of a change: the log's row, `revision + 1`, audit and answer, from parameters $1 to $8. Environments are
 * locked here, in the order of their ids, and only until the commit that follows: whatever waits for them waits for this
 * alone. Rows of the change itself must be written before: `after` is a condition that needs them.
 */
export function deployClauses(after = 'true'): string {
  const { columns, values } = auditRecord('$3', '$4', '$5');
  return `
change AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($2::jsonb) AS c (environment uuid, upserts jsonb, removals jsonb, lines jsonb)
), line AS (
  -- A subselect, not a join: for so few lines the planner would read the whole table.
  SELECT c.environment, l.number, l.alias, coalesce(l.bytes,
    (SELECT octet_length(x.der) FROM x509_certificates x WHERE x.fingerprint = l.fingerprint)) AS bytes
  FROM change c CROSS JOIN jsonb_to_recordset(c.lines) AS l (alias text, fingerprint text, bytes integer, number integer)
), size AS (
  SELECT environment, sum(number) AS entries,
    sum(number * (4 * ((bytes + 2) / 3) + octet_length(alias) + ${ENTRY_OVERHEAD_BYTES})) AS bytes
  FROM line GROUP BY environment
), locked AS MATERIALIZED (
  SELECT e.id FROM environments e
  WHERE e.id IN (SELECT c.environment FROM change c) AND ${after}
  ORDER BY e.id FOR NO KEY UPDATE
), moved AS (
  UPDATE environments e
  SET revision = e.revision + 1, head = $1, entries = e.entries + s.entries, encoded_bytes = e.encoded_bytes + s.bytes
  FROM locked l JOIN size s ON s.environment = l.id
  WHERE e.id = l.id
  RETURNING e.id, e.name, e.epoch, e.revision,
    e.entries > ${LIMITS.entries} OR e.encoded_bytes > ${MAX_ENCODED_BYTES} AS too_large
), judged AS (
  SELECT m.*, EXISTS (SELECT FROM divergences d WHERE d.environment_id = m.id) AS diverged FROM moved m
), refused AS (
  SELECT refuse_compromised(ARRAY(
    SELECT u.fingerprint FROM change c CROSS JOIN jsonb_to_recordset(c.upserts) AS u (fingerprint text)
  )), CASE
    WHEN bool_or(diverged) THEN refuse_deploy('ENVIRONMENT_DIVERGED', array_agg(name) FILTER (WHERE diverged))
    WHEN bool_or(too_large) THEN refuse_deploy('LIMIT_EXCEEDED', array_agg(name) FILTER (WHERE too_large))
  END FROM judged
), logged AS (
  INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals, created_at)
  SELECT m.id, m.revision, m.epoch, $1, c.upserts, c.removals, now()
  FROM moved m
  JOIN change c ON c.environment = m.id
), audited AS (
  INSERT INTO audit (environments, revisions, ${columns})
  SELECT w.names, w.positions, ${values}
  CROSS JOIN (
    SELECT coalesce(array_agg(name ORDER BY name), '{}') AS names, coalesce(jsonb_agg(jsonb_build_object(
      'environment', name, 'epoch', epoch, 'revision', revision) ORDER BY name), '[]') AS positions
    FROM moved
  ) w
), kept AS (
  INSERT INTO idempotency_keys (actor, key, request_sha256, answer)
  SELECT $3, $6, $7, $8 WHERE $6::text IS NOT NULL
)
SELECT m.id AS "environmentId", m.epoch, m.revision, now() AS "createdAt", pg_notify('trustcast_revisions', m.id::text) AS notified
FROM moved m CROSS JOIN refused
ORDER BY m.name`;
}

export function deployValues({ deploymentId, changes, derBytes, request, audit, answer }: Deploy): unknown[] {
  const line = (item: { alias: string; fingerprint: string }, number: 1 | -1) => ({
    alias: item.alias,
    fingerprint: item.fingerprint,
    bytes: number === 1 ? derBytes?.get(item.fingerprint) : undefined,
    number,
  });
  return [
    deploymentId,
    JSON.stringify(
      changes.map(({ environmentId, upserts, removals, replaced }) => ({
        environment: environmentId,
        upserts,
        removals,
        lines: [...upserts.map((upsert) => line(upsert, 1)), ...replaced.map((left) => line(left, -1))],
      })),
    ),
    request.actor,
    audit.action,
    auditRest(request, audit),
    request.idempotencyKey,
    request.requestSha256,
    JSON.stringify(answer),
  ];
}

const DEPLOY = statement<DeployedPosition>('deploy', `WITH ${deployClauses()}`);

/** Deploys `changes`; must be the last thing that a transaction does. */
export function deploy(sql: Sql, change: Deploy): Promise<DeployedPosition[]> {
  return sql.query(DEPLOY, deployValues(change));
}

/** What `refuse_deploy` raised, for the one who asked; undefined for any other error. */
export function deployRefusal(error: unknown): Refusal | undefined {
  const { code, message, detail } = error as { code?: unknown; message?: string; detail?: string };
  if (code !== 'TC001') return undefined;
  const names = (detail ?? '').split(' ');
  if (message === 'CERTIFICATE_COMPROMISED') return compromisedRefusal(names);
  const shown = names.join(', ');
  return message === 'ENVIRONMENT_DIVERGED'
    ? {
        code: 'ENVIRONMENT_DIVERGED',
        message: `agents hold signed statements that the database does not know: advance the epoch of ${shown}`,
        field: null,
        names,
      }
    : {
        code: 'LIMIT_EXCEEDED',
        message: `more than ${LIMITS.entries} certificates or ${LIMITS.messageBytes / 1024 ** 2} MiB in ${shown}`,
        field: ['definitions'],
      };
}

export function compromisedRefusal(fingerprints: readonly string[]): Refusal {
  return {
    code: 'CERTIFICATE_COMPROMISED',
    message: `deleted because compromised, and refused until that is lifted: ${fingerprints.join(', ')}`,
    field: ['definitions'],
    fingerprints,
  };
}
