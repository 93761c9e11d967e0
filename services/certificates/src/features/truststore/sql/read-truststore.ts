import type { Page } from '../../records/paging/page.js';
import type { TruststoreCursor, TruststoreFilter, TruststoreOrigin } from '../rules/truststore-list.js';
import { HOST_COUNTS, type HostCountsRecord, countedHosts } from '../../agents/sql/counted-hosts.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { textPattern } from '../../../platform/postgres/text-pattern.js';

/** An entry of an environment's truststores. */
export interface TruststoreRow extends HostCountsRecord {
  readonly origin: TruststoreOrigin;
  readonly alias: string;
  readonly aliasKey: string;
  readonly fingerprint: string;
  /** null: a base has it. */
  readonly certificateId: string | null;
  /** Selected JVMs of those hosts. */
  readonly jvms: number;
  readonly live: number;
}

/** Managed entries first, then those of the bases that hosts of the environment have; $1 is its id. */
const ENTRIES = `
entry AS (
  SELECT 'MANAGED' AS origin, 0 AS rank, p.alias, p.alias_key, p.fingerprint, p.certificate_id, p.deployment_id
  FROM definition_environments p WHERE p.environment_id = $1
  UNION ALL
  SELECT 'BASE', 1, min(b.alias), b.alias_key, b.fingerprint, NULL, NULL
  FROM base_entries b WHERE b.digest IN (SELECT a.base_digest FROM agents a WHERE a.environment_id = $1)
  GROUP BY b.alias_key, b.fingerprint
)`;

const HOSTS = countedHosts('a.environment_id = $1');

const MATCHES = `
  ($2::text IS NULL OR e.alias ~ $2 OR (x.fields ->> 'subject') ~ $2 OR e.fingerprint ~ $2)
  AND ($3::text IS NULL OR e.origin = $3)
  AND ($4::integer IS NULL OR x.not_after < now() + make_interval(days => $4))`;

const RANKED = `(e.rank, e.alias_key, e.fingerprint)`;
const rankOf = (origin: string, alias: string, fingerprint: string) =>
  `(CASE ${origin} WHEN 'MANAGED' THEN 0 ELSE 1 END, ${alias} COLLATE "C", ${fingerprint} COLLATE "C")`;

const pageRead = (direction: 'ASC' | 'DESC') => {
  const order = (row: string) => ['rank', 'alias_key', 'fingerprint'].map((key) => `${row}.${key} ${direction}`).join();
  return statement<TruststoreRow>(
    `truststore_page_${direction.toLowerCase()}`,
    `
WITH ${ENTRIES}, ${HOSTS}, page AS (
  SELECT e.* FROM entry e JOIN x509_certificates x ON x.fingerprint = e.fingerprint
  WHERE ${MATCHES} AND ($5::text IS NULL OR ${RANKED} > ${rankOf('$5', '$6', '$7')})
    AND ($8::text IS NULL OR ${RANKED} < ${rankOf('$8', '$9', '$10')})
  ORDER BY ${order('e')} LIMIT $11
), anchored AS (
  SELECT p.*, CASE WHEN p.rank = 1 THEN ARRAY(
      SELECT b.digest FROM base_entries b WHERE (b.alias_key, b.fingerprint) = (p.alias_key, p.fingerprint)) END AS digests,
    (SELECT r.epoch::numeric * 1e15 + r.revision FROM revisions r
     WHERE r.deployment_id = p.deployment_id AND r.environment_id = $1) AS position
  FROM page p
)
SELECT p.origin, p.alias, p.alias_key AS "aliasKey", p.fingerprint, p.certificate_id AS "certificateId",
  h.hosts, h.unreachable, h.incomplete, v.jvms + h.left_out AS jvms, v.live
FROM anchored p CROSS JOIN LATERAL (
  SELECT ${HOST_COUNTS} FROM host h WHERE p.digests IS NULL OR h.base_digest = ANY (p.digests)
) h CROSS JOIN LATERAL (
  SELECT count(*) AS jvms, count(*) FILTER (WHERE v.live AND (p.position IS NULL OR v.position >= p.position)) AS live
  FROM jvm v WHERE p.digests IS NULL OR v.base_digest = ANY (p.digests)
) v
ORDER BY ${order('p')}`,
  );
};

const COUNT = statement<{ number: number }>(
  'truststore_count',
  `WITH ${ENTRIES}
   SELECT count(*) AS number FROM entry e JOIN x509_certificates x ON x.fingerprint = e.fingerprint WHERE ${MATCHES}`,
);

const ALL = statement<{ alias: string; fingerprint: string; der: Buffer }>(
  'truststore_all',
  `WITH ${ENTRIES}
   SELECT e.alias, e.fingerprint, x.der FROM entry e JOIN x509_certificates x ON x.fingerprint = e.fingerprint
   WHERE $2::text IS NULL OR e.origin = $2
   ORDER BY e.rank, e.alias_key, e.fingerprint`,
);

export interface TruststorePage extends Page<TruststoreCursor> {
  readonly filter: TruststoreFilter;
}

/** One page, from the end that it begins at, and one entry more when there is one. */
export function readTruststore(
  sql: Sql,
  environmentId: string,
  { filter, size, after, before, backward }: TruststorePage,
): Promise<TruststoreRow[]> {
  const cursors = [after, before].flatMap((cursor) => [
    cursor?.origin ?? null,
    cursor?.aliasKey ?? null,
    cursor?.fingerprint ?? null,
  ]);
  const read = pageRead(backward ? 'DESC' : 'ASC');
  return sql.query(read, [environmentId, ...conditionsOf(filter), ...cursors, size + 1]);
}

export async function countTruststore(sql: Sql, environmentId: string, filter: TruststoreFilter): Promise<number> {
  return (await sql.query(COUNT, [environmentId, ...conditionsOf(filter)]))[0]?.number ?? 0;
}

/** Every entry with its certificate. */
export function truststoreEntries(sql: Sql, environmentId: string, origin: TruststoreOrigin | null) {
  return sql.query(ALL, [environmentId, origin]);
}

function conditionsOf({ text, origin, expiringWithinDays }: TruststoreFilter): unknown[] {
  return [text == null ? null : textPattern(text), origin ?? null, expiringWithinDays ?? null];
}
