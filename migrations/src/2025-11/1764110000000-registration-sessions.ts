import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each registration of an agent has a number, and so has what the agent reports under it: the order of its statuses. */
const up = `
ALTER TABLE agents ADD session bigint NOT NULL DEFAULT 0;
ALTER TABLE agent_statuses ADD session bigint NOT NULL DEFAULT 0;
`;

const down = `
ALTER TABLE agents DROP session;
ALTER TABLE agent_statuses DROP session;
`;

export class RegistrationSessions1764110000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
