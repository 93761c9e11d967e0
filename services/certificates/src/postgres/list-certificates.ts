import { UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import type { CertificateFilter, CertificateOrder, CertificatePage } from '../domain/certificate-list.js';
import type { CertificateRecord, DefinitionRecord } from '../domain/certificate-record.js';
import type { EnvironmentRecord } from '../domain/environment-record.js';
import { OWN_COLUMNS } from './read-certificates.js';
import { type Sql, statement } from './statement.js';

const NOT_AFTER = `(SELECT min(x.not_after) FROM definitions d
  JOIN x509_certificates x ON x.fingerprint = d.fingerprint WHERE d.certificate_id = c.id)`;

const SORT_KEYS: Record<CertificateOrder['by'], { sql: string; type: string }> = {
  NAME: { sql: 'c.name', type: 'text' },
  CREATED_AT: { sql: 'c.created_at', type: 'timestamptz' },
  UPDATED_AT: { sql: 'c.updated_at', type: 'timestamptz' },
  NOT_AFTER: { sql: NOT_AFTER, type: 'timestamptz' },
};

/** Where the JVMs of each environment are, all together; positions as one number. */
const PROVEN = `
proven AS MATERIALIZED (
  SELECT s.environment_id, bool_and(j ->> 'state' = 'LIVE') AS live,
    min((j -> 'at' ->> 'epoch')::numeric * 1e15 + (j -> 'at' ->> 'revision')::numeric) AS position
  FROM agent_statuses s CROSS JOIN jsonb_array_elements(s.jvms) AS j
  WHERE j ->> 'state' <> 'UNMANAGED'
    AND s.received_at > clock_timestamp() - interval '${UNREACHABLE_AFTER_MS} milliseconds'
  GROUP BY s.environment_id
)`;

/** Conditions on a placement `p` of a definition `d`, and the values they need. */
const CONDITIONS = {
  environment: (value: string) => `EXISTS (SELECT FROM definition_environments p JOIN environments e
    ON e.id = p.environment_id WHERE p.certificate_id = c.id AND e.name = ${value})`,
  fingerprint: (value: string) =>
    `EXISTS (SELECT FROM definitions d WHERE d.certificate_id = c.id AND d.fingerprint = ${value})`,
  expiringWithinDays: (value: string) => `EXISTS (SELECT FROM definitions d
    JOIN x509_certificates x ON x.fingerprint = d.fingerprint
    WHERE d.certificate_id = c.id AND x.not_after < now() + make_interval(days => ${value}::integer))`,
  text: (value: string) => `(c.name ILIKE ${value} OR c.description ILIKE ${value} OR EXISTS (
    SELECT FROM definitions d JOIN x509_certificates x ON x.fingerprint = d.fingerprint
    WHERE d.certificate_id = c.id AND (d.alias ILIKE ${value} OR x.fields ->> 'subject' ILIKE ${value})))`,
  live: (value: string, environment: string | undefined) => `${value}::boolean = (NOT EXISTS (
    SELECT FROM definition_environments p
    JOIN revisions r ON r.deployment_id = p.deployment_id AND r.environment_id = p.environment_id
    JOIN environments e ON e.id = p.environment_id
    LEFT JOIN proven v ON v.environment_id = p.environment_id
    WHERE p.certificate_id = c.id ${environment === undefined ? '' : `AND e.name = ${environment}`}
      AND (v.live AND v.position >= r.epoch::numeric * 1e15 + r.revision) IS NOT TRUE))`,
} satisfies Record<keyof CertificateFilter, (value: string, environment: string | undefined) => string>;

interface Selection {
  readonly name: string;
  readonly where: string;
  readonly values: unknown[];
}

/** SQL for the filters that are given, so that PostgreSQL plans for those alone. */
function select(filter: CertificateFilter): Selection {
  const values: unknown[] = [];
  const names: string[] = [];
  const conditions: string[] = [];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const environment = filter.environment == null ? undefined : parameter(filter.environment);
  for (const key of Object.keys(CONDITIONS) as (keyof CertificateFilter)[]) {
    const value = filter[key];
    if (value == null) continue;
    names.push(key);
    const shown = key === 'environment' && environment !== undefined ? environment : parameter(sqlValue(key, value));
    conditions.push(CONDITIONS[key](shown, environment));
  }
  return { name: names.join('_'), where: conditions.join(' AND ') || 'true', values };
}

function sqlValue(key: keyof CertificateFilter, value: string | number | boolean): unknown {
  return key === 'text' ? `%${String(value).replace(/[\\%_]/g, '\\$&')}%` : value;
}

/** A certificate with one of its definitions. */
interface Row extends Omit<CertificateRecord, 'definitions'>, Omit<DefinitionRecord, 'id' | 'environmentIds'> {
  readonly sortKey: string;
  readonly definitionId: string;
  /** Separated by blanks. */
  readonly environmentIds: string;
}

export interface ListedDefinition extends DefinitionRecord {
  /** For who reads them along. */
  environments?: readonly EnvironmentRecord[];
}

export interface ListedCertificate extends CertificateRecord {
  readonly sortKey: string;
  readonly definitions: readonly ListedDefinition[];
}

/**
 * One page, and one certificate more when there is one. Cursors hold the sort key: they stay good while rows change.
 *
 * What belongs to a certificate is looked up per row of the page (OFFSET 0): a plain join would be planned for a tenth of the
 * table. Definitions come as rows of their own: as JSON that PostgreSQL builds, they cost both sides twice as much.
 */
export async function listCertificates(
  sql: Sql,
  { filter, order, first, after }: CertificatePage,
): Promise<ListedCertificate[]> {
  const { name, where, values } = select(filter);
  const key = SORT_KEYS[order.by];
  const [direction, beyond] = order.descending ? ['DESC', '<'] : ['ASC', '>'];
  let start = '';
  if (after) {
    values.push(after.sortKey, after.id);
    start = `AND (${key.sql}, c.id) ${beyond} ($${values.length - 1}::${key.type}, $${values.length}::uuid)`;
  }
  values.push(first + 1);
  const shape = [name, order.by, direction, after ? 'after' : 'start'].join('_').toLowerCase();
  const list = statement<Row>(
    `certificates_${shape}`,
    `
WITH ${filter.live == null ? '' : `${PROVEN},`}
page AS (
  SELECT c.*, ${key.sql} AS sort_key FROM certificates c
  WHERE ${where} ${start}
  ORDER BY ${key.sql} ${direction}, c.id ${direction} LIMIT $${values.length}
)
SELECT ${OWN_COLUMNS}, c.sort_key::text AS "sortKey",
  d.id AS "definitionId", d.alias, d.source, d.url, d.fingerprint,
  (SELECT string_agg(p.environment_id::text, ' ') FROM definition_environments p
   WHERE p.definition_id = d.id) AS "environmentIds"
FROM page c CROSS JOIN LATERAL (SELECT * FROM definitions d WHERE d.certificate_id = c.id OFFSET 0) d
ORDER BY c.sort_key ${direction}, c.id ${direction}, d.ordinal`,
  );
  return withDefinitions(await sql.query(list, values));
}

/** Rows of one certificate stand together. */
function withDefinitions(rows: readonly Row[]): ListedCertificate[] {
  const found: (ListedCertificate & { readonly definitions: ListedDefinition[] })[] = [];
  for (const row of rows) {
    const { id, name, description, version, createdAt, updatedAt, sortKey } = row;
    const { definitionId, alias, source, url, fingerprint } = row;
    let last = found.at(-1);
    if (last?.id !== id)
      found.push((last = { id, name, description, version, createdAt, updatedAt, sortKey, definitions: [] }));
    const environmentIds = row.environmentIds.split(' ');
    last.definitions.push({ id: definitionId, alias, source, url, fingerprint, environmentIds });
  }
  return found;
}

export async function countCertificates(sql: Sql, filter: CertificateFilter): Promise<number> {
  const { name, where, values } = select(filter);
  const count = statement<{ number: number }>(
    `certificates_count_${name}`,
    `${filter.live == null ? '' : `WITH ${PROVEN} `}SELECT count(*) AS number FROM certificates c WHERE ${where}`,
  );
  return (await sql.query(count, values))[0]?.number ?? 0;
}
