import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The kinds of environments stand in `schema/src/environment-kind.ts`; one more needs no migration. The column keeps their form. */
const up = `
ALTER TABLE environments DROP CONSTRAINT environments_kind_check,
  ADD CONSTRAINT environments_kind_check CHECK (kind ~ '^[A-Z][A-Z_]{0,63}$');
`;
const down = `
ALTER TABLE environments DROP CONSTRAINT environments_kind_check,
  ADD CONSTRAINT environments_kind_check CHECK (kind IN ('API_MANAGER', 'GATEWAY'));
`;

export class KindsByForm1764750000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
