import { HOST_COUNTS, type HostCountsRecord, countedHosts } from '../../agents/sql/counted-hosts.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Progress of a certificate in one environment, as its hosts and JVMs report it now. */
export interface DeployedEntryRecord extends HostCountsRecord {
  readonly certificateId: string;
  readonly environmentId: string;
  readonly definitionId: string;
  readonly written: number;
  readonly jvms: number;
  readonly live: number;
  readonly jwks: number;
}

const READ = statement<DeployedEntryRecord>(
  'deployed_entries',
  `
WITH entry AS MATERIALIZED (
  SELECT p.certificate_id, p.environment_id, p.definition_id,
    coalesce((SELECT r.epoch::numeric * 1e15 + r.revision FROM revisions r
      WHERE r.deployment_id = p.deployment_id AND r.environment_id = p.environment_id), 0) AS position
  FROM definition_environments p WHERE p.certificate_id = ANY ($1::uuid[])
), ${countedHosts('a.environment_id IN (SELECT environment_id FROM entry)')}
SELECT p.certificate_id AS "certificateId", p.environment_id AS "environmentId", p.definition_id AS "definitionId",
  h.hosts, h.unreachable, h.incomplete, h.written, v.jvms + h.left_out AS jvms, v.live,
  (SELECT count(*) FROM jwks k WHERE k.certificate_id = p.certificate_id AND k.environment_id = p.environment_id) AS jwks
FROM entry p JOIN environments e ON e.id = p.environment_id
CROSS JOIN LATERAL (
  SELECT ${HOST_COUNTS},
    count(*) FILTER (WHERE h.position >= p.position) AS written
  FROM host h WHERE h.environment_id = p.environment_id
) h
CROSS JOIN LATERAL (
  SELECT count(*) AS jvms, count(*) FILTER (WHERE v.position >= p.position) AS live
  FROM jvm v WHERE v.environment_id = p.environment_id
) v
ORDER BY e.name`,
);

/** Entries of many certificates, by name of the environment. */
export function readDeployedEntries(sql: Sql, certificateIds: readonly string[]): Promise<DeployedEntryRecord[]> {
  return sql.query(READ, [certificateIds]);
}
