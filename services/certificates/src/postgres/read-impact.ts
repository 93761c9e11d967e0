import { UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import { type Sql, statement } from './statement.js';

/** What a deletion of a certificate reaches in one environment. */
export interface ImpactRecord {
  readonly certificateId: string;
  readonly environmentId: string;
  readonly environment: string;
  /** Reachable now. */
  readonly hosts: number;
  /** Selected ones on those hosts. */
  readonly jvms: number;
  /** Those that have it in their base as well: they keep trusting it. */
  readonly jvmsWithBase: number;
  readonly jwkIds: readonly string[];
}

/** Agents and selected JVMs of environment `m` that are reachable now. */
const REACHABLE = `
  SELECT count(DISTINCT s.agent_id) AS hosts, count(*) FILTER (WHERE j ->> 'state' <> 'UNMANAGED') AS jvms,
    count(*) FILTER (WHERE j ->> 'state' <> 'UNMANAGED' AND j -> 'alsoInBase' ? p.alias) AS with_base
  FROM agent_statuses s LEFT JOIN LATERAL jsonb_array_elements(s.jvms) AS j ON true
  WHERE s.environment_id = m.id AND s.received_at > clock_timestamp() - interval '${UNREACHABLE_AFTER_MS} milliseconds'`;

const READ = statement<ImpactRecord>(
  'certificate_impact',
  `
SELECT p.certificate_id AS "certificateId", m.id AS "environmentId", m.name AS environment, t.hosts, t.jvms, t.with_base AS "jvmsWithBase", ARRAY(
    SELECT j.id FROM jwks j WHERE j.certificate_id = p.certificate_id AND j.environment_id = m.id ORDER BY j.name
  ) AS "jwkIds"
FROM definition_environments p JOIN environments m ON m.id = p.environment_id CROSS JOIN LATERAL (${REACHABLE}) t
WHERE p.certificate_id = ANY ($1::uuid[]) ORDER BY m.name`,
);

/** By name of the environment. */
export function certificateImpacts(sql: Sql, certificateIds: readonly string[]): Promise<ImpactRecord[]> {
  return sql.query(READ, [certificateIds]);
}
