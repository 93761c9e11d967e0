import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a host keeps out of its truststore, as its status lists it; null: nothing, or an agent that does not say it. */
const up = 'ALTER TABLE agent_statuses ADD quarantine jsonb';
const down = 'ALTER TABLE agent_statuses DROP quarantine';

export class Quarantines1764120000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
