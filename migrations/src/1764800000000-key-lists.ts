import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists of the keys that sign statements, as the root has signed them. The last one counts; agents take none that is older. */
const up = `
CREATE TABLE key_lists (
  root_version integer NOT NULL,
  version integer NOT NULL,
  -- what hosts pin; null where pinned keys sign lists by themselves
  root_id text COLLATE "C",
  document json NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (root_version, version)
);
`;

export class KeyLists1764800000000 implements MigrationInterface {
  readonly name = 'KeyLists1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE key_lists');
  }
}
