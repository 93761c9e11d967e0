import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A host whose report does not list all of its JVMs is not LIVE, and says what is missing. */
const up = `
ALTER TABLE agent_statuses
  ADD left_out jsonb,
  ADD incomplete boolean NOT NULL DEFAULT false;
`;

const down = `
ALTER TABLE agent_statuses DROP left_out, DROP incomplete;
`;

export class StatusesIncomplete1764051300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
