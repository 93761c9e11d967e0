import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Targets of deployments by reference: a host or JVM is a target of every deployment after the revision at which it
 * joined its environment. The lists of ids that each revision held grew with the fleet.
 */
const up = `
-- null: it has not joined yet
ALTER TABLE agents ADD joined_revision bigint;

CREATE TABLE target_jvms (
  agent_id uuid NOT NULL REFERENCES agents ON DELETE CASCADE,
  jvm_id uuid NOT NULL,
  joined_revision bigint NOT NULL,
  -- when its host no longer had it; it may come back, and is what it was then
  left_at timestamptz,
  PRIMARY KEY (agent_id, jvm_id)
);
CREATE INDEX target_jvms_left ON target_jvms (left_at) WHERE left_at IS NOT NULL;

WITH seen AS (
  SELECT r.environment_id, t.id, min(r.revision) - 1 AS before
  FROM revisions r CROSS JOIN LATERAL unnest(r.target_agents) AS t (id)
  GROUP BY r.environment_id, t.id
)
UPDATE agents a SET joined_revision = coalesce(
  (SELECT before FROM seen WHERE seen.environment_id = a.environment_id AND seen.id = a.id), e.revision)
FROM environments e, agent_statuses s
WHERE e.id = a.environment_id AND s.agent_id = a.id;

WITH seen AS (
  SELECT r.environment_id, t.id, min(r.revision) - 1 AS before
  FROM revisions r CROSS JOIN LATERAL unnest(r.target_jvms) AS t (id)
  GROUP BY r.environment_id, t.id
)
INSERT INTO target_jvms (agent_id, jvm_id, joined_revision)
SELECT DISTINCT ON (s.agent_id, (j ->> 'id')::uuid) s.agent_id, (j ->> 'id')::uuid, coalesce(seen.before, e.revision)
FROM agent_statuses s JOIN environments e ON e.id = s.environment_id
CROSS JOIN LATERAL jsonb_array_elements(s.jvms) AS j
LEFT JOIN seen ON seen.environment_id = s.environment_id AND seen.id = (j ->> 'id')::uuid
WHERE j ->> 'state' <> 'UNMANAGED';

-- A process of the release before may still write them; the columns go with the next release.
ALTER TABLE revisions ALTER target_agents SET DEFAULT '{}', ALTER target_jvms SET DEFAULT '{}';
UPDATE revisions SET target_agents = '{}', target_jvms = '{}' WHERE target_agents <> '{}' OR target_jvms <> '{}';
`;

const down = `
DROP TABLE target_jvms;
ALTER TABLE agents DROP joined_revision;
ALTER TABLE revisions ALTER target_agents DROP DEFAULT, ALTER target_jvms DROP DEFAULT;
`;

export class DeploymentMembers1764030000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
