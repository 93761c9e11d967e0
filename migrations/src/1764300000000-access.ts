import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/** What tokens may do, and until when. Those that there are keep what they could: everything, without end. */
const up = `
ALTER TABLE api_tokens
  ADD permissions text[] NOT NULL DEFAULT '{VIEW,MANAGE,DEPLOY,APPROVE,EXPORT,ADMIN}',
  -- null: all, also those that are made later
  ADD environments uuid[],
  ADD created_by text NOT NULL DEFAULT 'service',
  ADD hint text,
  ADD expires_at timestamptz,
  ADD last_used_at timestamptz,
  ADD revoked_at timestamptz,
  ADD revoked_by text;
ALTER TABLE api_tokens ALTER permissions DROP DEFAULT, ALTER created_by DROP DEFAULT;
CREATE INDEX api_tokens_created_at ON api_tokens (created_at, id);
`;

const down = `
DROP SCHEMA trustcast_scope CASCADE;
DROP INDEX api_tokens_created_at;
ALTER TABLE api_tokens
  DROP permissions, DROP environments, DROP created_by, DROP hint, DROP expires_at, DROP last_used_at,
  DROP revoked_at, DROP revoked_by;
`;

export class Access1764300000000 implements MigrationInterface {
  readonly name = 'Access1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
    await runner.query(SCOPE_VIEWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
