import { TARGETS } from './deploy.js';
import { type Sql, statement } from './statement.js';

/** What a deletion of a certificate reaches in one environment. */
export interface ImpactRecord {
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

const READ = statement<ImpactRecord>(
  'certificate_impact',
  `
SELECT m.id AS "environmentId", m.name AS environment, cardinality(t.agents) AS hosts, cardinality(t.jvms) AS jvms, ARRAY(
    SELECT j.id FROM jwks j WHERE j.certificate_id = p.certificate_id AND j.environment_id = m.id ORDER BY j.name
  ) AS "jwkIds", (
    SELECT count(*) FROM agent_statuses s CROSS JOIN jsonb_array_elements(s.jvms) AS j
    WHERE s.environment_id = m.id AND (j ->> 'id')::uuid = ANY (t.jvms) AND j -> 'alsoInBase' ? p.alias
  ) AS "jvmsWithBase"
FROM definition_environments p JOIN environments m ON m.id = p.environment_id CROSS JOIN LATERAL (${TARGETS}) t
WHERE p.certificate_id = $1 ORDER BY m.name`,
);

/** By name of the environment. */
export function certificateImpact(sql: Sql, certificateId: string): Promise<ImpactRecord[]> {
  return sql.query(READ, [certificateId]);
}
