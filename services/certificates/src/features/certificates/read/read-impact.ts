import { HOST_COUNTS, type HostCountsRecord, countedHosts } from '../../agents/sql/counted-hosts.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** What a deletion of a certificate reaches in one environment. */
export interface ImpactRecord extends HostCountsRecord {
  readonly certificateId: string;
  readonly environmentId: string;
  readonly environment: string;
  /** Selected ones on those hosts. */
  readonly jvms: number;
  /** Those that have it in their base as well: they keep trusting it. */
  readonly jvmsWithBase: number;
  readonly jwkIds: readonly string[];
}

const READ = statement<ImpactRecord>(
  'certificate_impact',
  `
WITH placed AS MATERIALIZED (
  SELECT p.certificate_id, p.environment_id, p.alias FROM definition_environments p WHERE p.certificate_id = ANY ($1::uuid[])
), ${countedHosts('a.environment_id IN (SELECT environment_id FROM placed)')}, partial AS MATERIALIZED (
  SELECT DISTINCT host_id FROM jvm WHERE report -> 'partial' ? 'alsoInBase'
)
SELECT p.certificate_id AS "certificateId", m.id AS "environmentId", m.name AS environment, h.hosts, h.unreachable, h.incomplete,
  v.jvms + h.left_out AS jvms, v.with_base AS "jvmsWithBase", ARRAY(
    SELECT j.id FROM jwks j WHERE j.certificate_id = p.certificate_id AND j.environment_id = m.id ORDER BY j.name
  ) AS "jwkIds"
FROM placed p JOIN environments m ON m.id = p.environment_id
CROSS JOIN LATERAL (
  SELECT ${HOST_COUNTS} FROM (
    SELECT n.heard, n.left_out, n.incomplete OR l.host_id IS NOT NULL AS incomplete
    FROM host n LEFT JOIN partial l ON l.host_id = n.id WHERE n.environment_id = m.id
  ) h
) h
CROSS JOIN LATERAL (
  SELECT count(*) AS jvms, count(*) FILTER (WHERE v.report -> 'alsoInBase' ? p.alias) AS with_base
  FROM jvm v WHERE v.environment_id = m.id
) v
ORDER BY m.name`,
);

/** By name of the environment. */
export function certificateImpacts(sql: Sql, certificateIds: readonly string[]): Promise<ImpactRecord[]> {
  return sql.query(READ, [certificateIds]);
}
