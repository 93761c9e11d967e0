import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/** When the approaching end of an API token was logged; null: not yet. */
const up = `
ALTER TABLE api_tokens ADD warned_at timestamptz;
CREATE INDEX api_tokens_expires_at ON api_tokens (expires_at) WHERE revoked_at IS NULL;
`;

const down = `
DROP SCHEMA trustcast_scope CASCADE;
DROP INDEX api_tokens_expires_at;
ALTER TABLE api_tokens DROP warned_at;
`;

export class TokenWarnings1764700000000 implements MigrationInterface {
  readonly name = 'TokenWarnings1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
    await runner.query(SCOPE_VIEWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
    await runner.query(SCOPE_VIEWS);
  }
}
