import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the furthest host holds of an environment, where hosts are ahead of the database: it was restored from a backup, and
 * cannot know what advancing the epoch undoes. Entries are `{alias, fingerprint}`, those that the signed digest is of.
 */
const up = `
CREATE TABLE held_sets (
  environment_id uuid PRIMARY KEY REFERENCES environments ON DELETE CASCADE,
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  digest text NOT NULL,
  agent_id uuid NOT NULL,
  entries jsonb NOT NULL,
  received_at timestamptz NOT NULL
);
`;

const down = `
DROP TABLE held_sets;
`;

export class HeldSets1764170000000 implements MigrationInterface {
  readonly name = 'HeldSets1764170000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
