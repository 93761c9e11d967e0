import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When the last status was sent, and when the first of its run, both by the service's clock in milliseconds; and when another
 * host last spoke with the same key, and which.
 */
const up = `
ALTER TABLE agent_statuses ADD spoken_at bigint, ADD run_since bigint, ADD duplicate_at timestamptz, ADD duplicate_hostname text;
`;

const down = `
ALTER TABLE agent_statuses DROP spoken_at, DROP run_since, DROP duplicate_at, DROP duplicate_hostname;
`;

export class DuplicateAgents1764160100000 implements MigrationInterface {
  readonly name = 'DuplicateAgents1764160100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
