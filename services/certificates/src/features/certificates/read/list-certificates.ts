import { certificateTexts, textsOf } from '@trustcast/schema';
import { TEXT_NAMES, textColumn } from '../../records/sql/text-columns.js';
import type { CertificateFilter, CertificateOrder, CertificatePage, Cursor } from '../../records/certificate-list.js';
import type { CertificateRecord, DefinitionRecord } from '../../records/certificate-record.js';
import type { EnvironmentRecord } from '../../records/environment-record.js';
import { countedHosts } from '../../agents/sql/counted-hosts.js';
import { OWN_COLUMNS } from './read-certificates.js';
import { ENVIRONMENT_COLUMNS } from '../../environments/sql/read-environments.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { textPattern } from '../../../platform/postgres/text-pattern.js';

const NOT_AFTER = `(SELECT min(x.not_after) FROM definitions d
  JOIN x509_certificates x ON x.fingerprint = d.fingerprint WHERE d.certificate_id = c.id)`;

const SORT_KEYS: Record<CertificateOrder['by'], { sql: string; type: string }> = {
  NAME: { sql: 'c.name', type: 'text' },
  CREATED_AT: { sql: 'c.created_at', type: 'timestamptz' },
  UPDATED_AT: { sql: 'c.updated_at', type: 'timestamptz' },
  NOT_AFTER: { sql: NOT_AFTER, type: 'timestamptz' },
};

/**
 * Progress of each environment. An environment without JVMs has proven nothing, nor has one with a host that
 * is silent, diverged, or does not list all of its JVMs.
 */
const PROVEN = `
${countedHosts('true')}, proven AS MATERIALIZED (
  SELECT environment_id, bool_and(proves) AS live, min(position) AS position
  FROM (
    SELECT environment_id, position IS NOT NULL AND NOT incomplete AS proves, position, 0 AS jvms FROM host
    UNION ALL
    SELECT environment_id, position IS NOT NULL, position, 1 FROM jvm
  ) each
  GROUP BY environment_id HAVING sum(jvms) > 0
)`;

/** Conditions of a filter on certificates `c`. */
const CONDITIONS = {
  environment: (value: string) => `EXISTS (SELECT FROM definition_environments p JOIN environments e
    ON e.id = p.environment_id WHERE p.certificate_id = c.id AND e.name = ${value})`,
  fingerprint: (value: string) =>
    `EXISTS (SELECT FROM definitions d WHERE d.certificate_id = c.id AND d.fingerprint = ${value})`,
  expiringWithinDays: (value: string) => `EXISTS (SELECT FROM definitions d
    JOIN x509_certificates x ON x.fingerprint = d.fingerprint
    WHERE d.certificate_id = c.id AND x.not_after < now() + make_interval(days => ${value}::integer))`,
  text: (
    value: string,
  ) => `(${['name', ...certificateTexts.map(textColumn)].map((column) => `c.${column} ~ ${value}`).join(' OR ')} OR EXISTS (
    SELECT FROM definitions d JOIN x509_certificates x ON x.fingerprint = d.fingerprint
    WHERE d.certificate_id = c.id AND (d.alias ~ ${value} OR (x.fields ->> 'subject') ~ ${value})))`,
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

/** Builds the SQL of the given filters only, so that PostgreSQL plans for those. */
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
  return key === 'text' ? textPattern(String(value)) : value;
}

/** A certificate with one of its definitions, in one environment. */
interface Row extends Omit<CertificateRecord, 'definitions'>, Omit<DefinitionRecord, 'id' | 'environmentIds'> {
  readonly sortKey: string;
  readonly definitionId: string;
  readonly environmentId: string | null;
  /** All environments of the page, in one of its rows. */
  readonly environments: readonly EnvironmentRecord[] | null;
}

export interface ListedDefinition extends DefinitionRecord {
  readonly environmentIds: string[];
  /** Environments of the page, for the resolver that attaches them. */
  environments?: readonly EnvironmentRecord[];
}

export interface ListedCertificate extends CertificateRecord {
  readonly sortKey: string;
  readonly definitions: ListedDefinition[];
}

export interface CertificateListing {
  readonly certificates: readonly ListedCertificate[];
  /** Environments of the definitions, which nearly every client that lists certificates selects. */
  readonly environments: readonly EnvironmentRecord[];
}

/**
 * Reads one page, and one certificate more if there is one. Cursors hold the sort key, so they stay valid while rows change.
 *
 * Parts of a certificate are looked up per row of the page (OFFSET 0): a plain join would be planned for a tenth of the
 * table. Definitions come as rows of their own: as JSON that PostgreSQL builds, they cost both sides twice as much.
 */
export async function listCertificates(
  sql: Sql,
  { filter, order, size, after, before, backward }: CertificatePage,
): Promise<CertificateListing> {
  const { name, where, values } = select(filter);
  const key = SORT_KEYS[order.by];
  const beyond = (cursor: Cursor | null, operator: '<' | '>') => {
    if (!cursor) return '';
    values.push(cursor.sortKey, cursor.id);
    return `AND (${key.sql}, c.id) ${operator} ($${values.length - 1}::${key.type}, $${values.length}::uuid)`;
  };
  const [greater, less] = order.descending ? [before, after] : [after, before];
  const bounds = `${beyond(greater, '>')} ${beyond(less, '<')}`;
  const direction = order.descending === backward ? 'ASC' : 'DESC';
  values.push(size + 1);
  const shape = [name, order.by, direction, greater && 'from', less && 'to'].filter(Boolean).join('_').toLowerCase();
  const list = statement<Row>(
    `certificates_${shape}`,
    `
WITH ${filter.live == null ? '' : `${PROVEN},`}
page AS (
  SELECT c.*, ${key.sql} AS sort_key FROM certificates c
  WHERE ${where} ${bounds}
  ORDER BY ${key.sql} ${direction}, c.id ${direction} LIMIT $${values.length}
), placed AS MATERIALIZED (
  SELECT ${OWN_COLUMNS}, c.sort_key, c.sort_key::text AS "sortKey",
    d.id AS "definitionId", d.ordinal, d.alias, d.source, d.url, d.fingerprint, p.environment_id AS "environmentId"
  FROM page c
  CROSS JOIN LATERAL (SELECT * FROM definitions d WHERE d.certificate_id = c.id OFFSET 0) d
  LEFT JOIN LATERAL (SELECT * FROM definition_environments p WHERE p.definition_id = d.id OFFSET 0) p ON true
)
SELECT id, name, ${TEXT_NAMES}, version, "createdAt", "updatedAt", "sortKey",
  "definitionId", alias, source, url, fingerprint, "environmentId", CASE WHEN row_number() OVER () = 1 THEN (
  SELECT json_agg(found) FROM (
    SELECT ${ENVIRONMENT_COLUMNS} FROM environments e WHERE e.id IN (SELECT "environmentId" FROM placed)) found
) END AS environments
FROM placed ORDER BY sort_key ${direction}, id ${direction}, ordinal`,
  );
  const rows = await sql.query(list, values);
  return {
    certificates: withDefinitions(rows),
    // One row carries them; the query plan decides which, because rows are numbered before they are sorted.
    environments: rows.find(({ environments }) => environments !== null)?.environments ?? [],
  };
}

/** Groups rows by certificate and definition; rows of a certificate are adjacent, and so are those of a definition. */
function withDefinitions(rows: readonly Row[]): ListedCertificate[] {
  const found: ListedCertificate[] = [];
  for (const row of rows) {
    const { id, name, version, createdAt, updatedAt, sortKey } = row;
    const { definitionId, alias, source, url, fingerprint, environmentId } = row;
    let certificate = found.at(-1);
    if (certificate?.id !== id)
      found.push(
        (certificate = { id, name, ...textsOf(row), version, createdAt, updatedAt, sortKey, definitions: [] }),
      );
    let definition = certificate.definitions.at(-1);
    if (definition?.id !== definitionId)
      certificate.definitions.push(
        (definition = { id: definitionId, alias, source, url, fingerprint, environmentIds: [] }),
      );
    if (environmentId !== null) definition.environmentIds.push(environmentId);
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
