import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An agent that lost its key, because another one had the same, was registered: its host counts, also where it had
 * reported nothing yet.
 */
const up = `
UPDATE agents a SET joined_revision = e.revision
FROM environments e
WHERE e.id = a.environment_id AND a.joined_revision IS NULL AND EXISTS (
  SELECT FROM audit r WHERE r.action = 'releaseAgentKey' AND r.after ->> 'id' = a.id::text)
`;

export class ReleasedAgents1764120100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(): Promise<void> {
    // That a host counts is no shape of the schema.
  }
}
