import { LIMITS, type Position, textsOf } from '@trustcast/schema';
import { subjectLength } from '@trustcast/keystore';
import { TEXT_COLUMNS, TEXT_MEMBERS, TEXT_NAMES } from '../records/sql/text-columns.js';
import { MEASURES, OUTGROWN } from './sql/measures.js';
import { type Outgrown, issuerListRefusal } from './rules/outgrown.js';
import { type EntryContent, type EnvironmentChange, deltaOf } from '../records/entry.js';
import { ForbiddenError } from '../records/forbidden.js';
import type { Grants } from '../records/grants.js';
import type { Refusal } from '../records/refusal.js';
import type { Request } from '../requests/request.js';
import { namedStatement, queryNamed } from '../../platform/postgres/named-statement.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { demandPermission, toldTo } from '../audit/rules/demand-permission.js';
import { type AuditEntry, auditRecord, demandingRest } from '../audit/sql/write-audit.js';

/** Position that a deployment has in one environment. */
export interface DeployedPosition extends Position {
  readonly environmentId: string;
  readonly createdAt: Date;
  /** Limits that the environment exceeds; null if its JVMs can hold all entries. */
  readonly outgrown: Outgrown | null;
}

/** Space that a certificate takes in an environment. */
export interface CertificateSize {
  readonly bytes: number;
  /** Bytes in the issuer list. */
  readonly issuerBytes: number;
}

export interface Deploy {
  readonly deploymentId: string;
  readonly changes: readonly EnvironmentChange[];
  /** Sizes of the certificates that this change adds, by fingerprint. */
  readonly sizes?: ReadonlyMap<string, CertificateSize>;
  readonly request: Request;
  readonly audit: AuditEntry;
  /** Answer that is stored for a retry of the request. */
  readonly answer: object;
}

/** Parameters of {@link deployClauses}. */
export interface DeployValues {
  readonly deployment: string;
  readonly changes: string;
  readonly actor: string;
  readonly action: string;
  readonly record: string;
  readonly key: string | null;
  readonly requestHash: Buffer;
  readonly answer: string;
  readonly confirmsIssuerList: boolean;
}

/** Encoded size of an entry in a message, beside its base64 and its alias. */
const ENTRY_OVERHEAD_BYTES = 24;
const MAX_ENCODED_BYTES = LIMITS.messageBytes - LIMITS.statementBytes;

const CHANGES = `
change AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($changes::jsonb)
    AS c (environment uuid, upserts jsonb, removals jsonb, sizes jsonb, entries jsonb)
), measure AS (
  -- Subselects, not a join: for so few rows the planner would read the whole table.
  SELECT c.environment, l.number, l.alias, coalesce(l.bytes,
    (SELECT octet_length(x.der) FROM x509_certificates x WHERE x.fingerprint = l.fingerprint)) AS bytes,
    coalesce(l.issuer_bytes,
      (SELECT x.issuer_bytes FROM x509_certificates x WHERE x.fingerprint = l.fingerprint)) AS issuer_bytes
  FROM change c CROSS JOIN jsonb_to_recordset(c.sizes)
    AS l (alias text, fingerprint text, bytes integer, issuer_bytes integer, number integer)
), size AS (
  SELECT environment, sum(number) AS entries,
    sum(number * (4 * ((bytes + 2) / 3) + octet_length(alias) + ${ENTRY_OVERHEAD_BYTES})) AS bytes,
    sum(number * issuer_bytes) AS issuer_bytes
  FROM measure GROUP BY environment
)`;

/** True once the clause `locked` has all its environments; evaluated before the first row that it filters. */
export const WHEN_LOCKED = '(SELECT count(*) FROM locked) >= 0';

/** Parts of a statement that makes a whole change. */
export interface WholeChange {
  /** Clauses that write its rows {@link WHEN_LOCKED}. */
  readonly clauses: string;
  /** Condition that runs the clauses in the order in which they must write. */
  readonly written: string;
}

/** Rows of the history: what this revision does to the entry of each certificate. */
const HISTORY = `
  INSERT INTO revision_changes (environment_id, revision, number, certificate_id, name, ${TEXT_COLUMNS},
    alias_before, fingerprint_before, alias, fingerprint, source, url)
  SELECT m.id, m.revision, h.number, h.certificate, h.name, ${TEXT_NAMES},
    h.alias_before, h.fingerprint_before, h.alias, h.fingerprint, h.source, h.url
  FROM moved m JOIN change c ON c.environment = m.id
  CROSS JOIN LATERAL jsonb_to_recordset(c.entries) AS h (number integer, certificate uuid, name text, ${TEXT_MEMBERS},
    alias_before text, fingerprint_before text, alias text, fingerprint text, source text, url text)`;

/**
 * The end of a change: the log's row with the history, `revision + 1`, audit and answer. The environments are locked
 * first, as by `lockEnvironments`.
 */
export function deployClauses({ clauses, written }: WholeChange = { clauses: '', written: 'true' }): string {
  const { columns, values } = auditRecord('$actor', '$action', '$record');
  return `${CHANGES}, locked AS MATERIALIZED (
  SELECT e.id FROM environments e
  WHERE e.id IN (SELECT c.environment FROM change c)
  ORDER BY e.id FOR NO KEY UPDATE
), ${clauses} written AS MATERIALIZED (
  SELECT id FROM locked WHERE ${written}
), moved AS (
  UPDATE environments e
  SET revision = e.revision + 1, head = $deployment, entries = e.entries + s.entries,
    encoded_bytes = e.encoded_bytes + s.bytes, issuer_bytes = e.issuer_bytes + s.issuer_bytes
  FROM written l JOIN size s ON s.environment = l.id
  WHERE e.id = l.id
  RETURNING e.id, e.name, e.epoch, e.revision, e.entries,
    e.entries > ${LIMITS.entries} OR e.encoded_bytes > ${MAX_ENCODED_BYTES} AS too_large, ${MEASURES}
), evaluated AS (
  SELECT m.*, ${OUTGROWN}, EXISTS (SELECT FROM divergences d WHERE d.environment_id = m.id) AS diverged FROM moved m
), refused AS (
  SELECT refuse_compromised(ARRAY(
    SELECT u.fingerprint FROM change c CROSS JOIN jsonb_to_recordset(c.upserts) AS u (fingerprint text)
  )), CASE
    WHEN bool_or(NOT ($record::jsonb -> 'may') ? name) THEN
      refuse_deploy('FORBIDDEN', array_agg(name) FILTER (WHERE NOT ($record::jsonb -> 'may') ? name))
    WHEN bool_or(diverged) THEN refuse_deploy('ENVIRONMENT_DIVERGED', array_agg(name) FILTER (WHERE diverged))
    WHEN bool_or(too_large) THEN refuse_deploy('LIMIT_EXCEEDED', array_agg(name) FILTER (WHERE too_large))
    WHEN bool_or(list_bytes > ${LIMITS.issuerListBytes}) AND NOT $confirmsIssuerList::boolean THEN refuse_deploy(
      'ISSUER_LIST_TOO_LONG',
      array_agg(name || '=' || list_bytes) FILTER (WHERE list_bytes > ${LIMITS.issuerListBytes}))
  END FROM evaluated
), logged AS (
  INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals, created_at)
  SELECT m.id, m.revision, m.epoch, $deployment, c.upserts, c.removals, now()
  FROM moved m
  JOIN change c ON c.environment = m.id
), remembered AS (${HISTORY}
), audited AS (
  INSERT INTO audit (environments, revisions, ${columns})
  SELECT w.names, w.positions, ${values}
  CROSS JOIN (
    SELECT coalesce(array_agg(name ORDER BY name), '{}') AS names, coalesce(jsonb_agg(jsonb_build_object(
      'environment', name, 'epoch', epoch, 'revision', revision) ORDER BY name), '[]') AS positions
    FROM moved
  ) w
), answered AS (
  INSERT INTO idempotency_keys (actor, key, request_sha256, answer)
  SELECT $actor, $key, $requestHash, $answer::jsonb || coalesce((
    SELECT jsonb_build_object('outgrown', jsonb_agg(outgrown ORDER BY name)) FROM evaluated
    WHERE outgrown IS NOT NULL HAVING count(*) > 0), '{}')
  WHERE $key::text IS NOT NULL
)
SELECT m.id AS "environmentId", m.epoch, m.revision, now() AS "createdAt", m.outgrown, pg_notify('trustcast_revisions', m.id::text) AS notified
FROM evaluated m CROSS JOIN refused
ORDER BY m.name`;
}

export function deployValues({ deploymentId, changes, sizes, request, audit, answer }: Deploy): DeployValues {
  return {
    deployment: deploymentId,
    changes: changesValue(changes, sizes),
    actor: request.actor,
    action: audit.action,
    record: demandingRest(request, audit),
    key: request.idempotencyKey,
    requestHash: request.requestSha256,
    answer: JSON.stringify(answer),
    confirmsIssuerList: request.confirmsIssuerList,
  };
}

function changesValue(changes: readonly EnvironmentChange[], sizes?: ReadonlyMap<string, CertificateSize>): string {
  const sizeOf = ({ alias, fingerprint }: EntryContent, number: 1 | -1) => {
    const size = number === 1 ? sizes?.get(fingerprint) : undefined;
    return { alias, fingerprint, number, bytes: size?.bytes, issuer_bytes: size?.issuerBytes };
  };
  return JSON.stringify(
    changes.map(({ environmentId, entries }) => ({
      environment: environmentId,
      ...deltaOf(entries),
      sizes: entries.flatMap(({ before, after }) => [
        ...(after ? [sizeOf(after, 1)] : []),
        ...(before ? [sizeOf(before, -1)] : []),
      ]),
      entries: entries.map(({ certificateId, name, before, after, ...texts }, number) => ({
        number,
        certificate: certificateId,
        name,
        ...textsOf(texts),
        alias_before: before?.alias,
        fingerprint_before: before?.fingerprint,
        ...after,
      })),
    })),
  );
}

/** Sizes of certificates that are not stored yet, by fingerprint. */
export function sizesOf(
  certificates: readonly { readonly fingerprint: string; readonly der: Uint8Array }[],
): ReadonlyMap<string, CertificateSize> {
  return new Map(
    certificates.map(({ fingerprint, der }) => [
      fingerprint,
      { bytes: der.byteLength, issuerBytes: subjectLength(der) + 2 },
    ]),
  );
}

const DEPLOY = namedStatement<DeployedPosition, DeployValues>('deploy', `WITH ${deployClauses()}`);

/** Deploys `changes`. It must be the last statement of a transaction, because it takes the most contended locks. */
export function deploy(sql: Sql, change: Deploy): Promise<DeployedPosition[]> {
  return queryNamed(sql, DEPLOY, deployValues(change));
}

const FORESEE = namedStatement<{ name: string; outgrown: Outgrown | null }, Pick<DeployValues, 'changes'>>(
  'deploy_foresee',
  `
WITH ${CHANGES}, changed AS (
  SELECT e.id, e.name, e.kind, e.entries + s.entries AS entries, e.issuer_bytes + s.issuer_bytes AS issuer_bytes
  FROM environments e JOIN size s ON s.environment = e.id
), measured AS (
  SELECT e.name, e.entries, ${MEASURES} FROM changed e JOIN size s ON s.environment = e.id
), evaluated AS (
  SELECT name, ${OUTGROWN} FROM measured
)
SELECT name, outgrown FROM evaluated ORDER BY name`,
);

/**
 * Environments that would outgrow their JVMs by changes that are not made.
 *
 * @param sizes of certificates that are not stored
 * @param by who would make them; none: nobody asks to
 * @throws ForbiddenError where they may not be made
 */
export async function foreseeOutgrown(
  sql: Sql,
  changes: readonly EnvironmentChange[],
  sizes: ReadonlyMap<string, CertificateSize>,
  by?: { readonly grants: Grants; readonly action: string },
): Promise<Outgrown[]> {
  const rows = await queryNamed(sql, FORESEE, { changes: changesValue(changes, sizes) });
  const names = rows.map(({ name }) => name);
  if (by && names.length > 0) demandPermission(by.grants, by.action, names);
  return rows.flatMap(({ outgrown }) => outgrown ?? []);
}

/** The refusal that `refuse_deploy` raised; undefined for any other error. @throws ForbiddenError */
export function deployRefusal(error: unknown, grants: Grants): Refusal | undefined {
  const { code, message, detail } = error as { code?: unknown; message?: string; detail?: string };
  if (code !== 'TC001') return undefined;
  const names = (detail ?? '').split(' ');
  if (message === 'FORBIDDEN') throw new ForbiddenError('DEPLOY', toldTo(grants, names));
  if (message === 'CERTIFICATE_COMPROMISED') return compromisedRefusal(names);
  if (message === 'ISSUER_LIST_TOO_LONG')
    return issuerListRefusal(
      new Map(names.map((each) => each.split('=')).map(([name = '', bytes]) => [name, Number(bytes)])),
    );
  const shown = names.join(', ');
  return message === 'ENVIRONMENT_DIVERGED'
    ? {
        code: 'ENVIRONMENT_DIVERGED',
        message: `agents hold signed statements that the database does not know, as after a restore: advance the epoch of ${shown}`,
        field: null,
        names,
      }
    : {
        code: 'LIMIT_EXCEEDED',
        message: `more than ${LIMITS.entries} certificates or ${LIMITS.messageBytes / 1024 ** 2} MiB in ${shown}: delete certificates that are not needed any more, or use another environment for these`,
        field: ['definitions'],
      };
}

export function compromisedRefusal(fingerprints: readonly string[]): Refusal {
  return {
    code: 'CERTIFICATE_COMPROMISED',
    message: `deleted as compromised; refused until \`liftCompromise\` accepts it again: ${fingerprints.join(', ')}`,
    field: ['definitions'],
    fingerprints,
  };
}
