import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A host counts in deployments from its registration on, heard or not, until it is deleted or set aside by hand. */
const up = `
ALTER TABLE agents
  ADD set_aside_at timestamptz,
  ADD set_aside_by text,
  ADD set_aside_reason text,
  ADD CONSTRAINT agents_set_aside_check CHECK (
    num_nulls(set_aside_at, set_aside_by, set_aside_reason) IN (0, 3));

UPDATE agents a SET joined_revision = e.revision
FROM environments e
WHERE e.id = a.environment_id AND a.registered_at IS NOT NULL AND a.joined_revision IS NULL;
`;

const down = `
ALTER TABLE agents DROP set_aside_at, DROP set_aside_by, DROP set_aside_reason;
`;

export class AgentsSetAside1764050000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
