import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/** What people may do, by themselves or by their groups. Both are an issuer's: those of another one are others. */
const up = `
CREATE TABLE grants (
  id uuid PRIMARY KEY,
  issuer text NOT NULL,
  subject text,
  group_name text,
  permissions text[] NOT NULL,
  -- null: all, also those that are made later
  environments uuid[],
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT grants_subject_or_group CHECK ((subject IS NULL) <> (group_name IS NULL))
);
CREATE INDEX grants_subject ON grants (issuer, subject) WHERE subject IS NOT NULL;
CREATE INDEX grants_group ON grants (issuer, group_name) WHERE group_name IS NOT NULL;
CREATE INDEX grants_created_at ON grants (created_at, id);
`;

const down = `
DROP VIEW trustcast_scope.grants;
DROP TABLE grants;
`;

export class Grants1764400000000 implements MigrationInterface {
  readonly name = 'Grants1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
    await runner.query(SCOPE_VIEWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
