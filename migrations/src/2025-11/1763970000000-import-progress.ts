import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far imports are, told beside their transactions. Not logged: nobody misses it after a crash, which ends them all. */
const up = `
CREATE UNLOGGED TABLE import_progress (
  actor text NOT NULL,
  -- of the request
  key text NOT NULL,
  phase text NOT NULL,
  done integer NOT NULL,
  total integer NOT NULL,
  -- whoever imports says so again and again: who is silent has died
  told_at timestamptz NOT NULL,
  PRIMARY KEY (actor, key)
) WITH (fillfactor = 50);
`;

export class ImportProgress1763970000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE import_progress');
  }
}
