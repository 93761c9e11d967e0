import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How old the last status was when it came, and whether that is by clocks that were compared. */
const up = `
ALTER TABLE agent_statuses ADD late_ms bigint, ADD clocks_compared boolean NOT NULL DEFAULT true;
`;

const down = `
ALTER TABLE agent_statuses DROP late_ms, DROP clocks_compared;
`;

export class LateStatuses1764160000000 implements MigrationInterface {
  readonly name = 'LateStatuses1764160000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
