import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/**
 * Hosts that enrol with a key of their own, and have no token afterwards. Nonces of signed requests are kept for minutes:
 * a table without a log costs no write-ahead, and is empty after a crash.
 */
const up = `
CREATE TABLE enrollment_tokens (
  id uuid PRIMARY KEY,
  environment_id uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
  -- x of the public key that follows from the token, from which nothing leads back to it
  key_id text COLLATE "C" NOT NULL CONSTRAINT enrollment_tokens_key_id UNIQUE,
  hint text NOT NULL,
  uses integer NOT NULL CHECK (uses > 0),
  used integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_by text
);
CREATE INDEX enrollment_tokens_environment ON enrollment_tokens (environment_id, created_at, id);
ALTER TABLE agents
  ALTER token_sha256 DROP NOT NULL,
  ADD enrolled_with uuid REFERENCES enrollment_tokens ON DELETE SET NULL,
  ADD previous_key jsonb,
  ADD previous_key_until timestamptz,
  ADD revoked_at timestamptz,
  ADD revoked_by text,
  ADD revoked_reason text;
CREATE UNIQUE INDEX agents_previous_key_once ON agents ((previous_key ->> 'x'));
CREATE INDEX agents_enrolled_with ON agents (enrolled_with);
CREATE UNLOGGED TABLE request_nonces (
  key_id text COLLATE "C" NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (nonce, key_id)
);
CREATE INDEX request_nonces_expires_at ON request_nonces (expires_at);
`;

// Agents that enrolled have no token: an older release would not let them in, and needs one in every row.
const down = `
DROP SCHEMA trustcast_scope CASCADE;
DROP TABLE request_nonces;
DROP INDEX agents_previous_key_once;
UPDATE agents SET token_sha256 = sha256(uuid_send(gen_random_uuid())) WHERE token_sha256 IS NULL;
ALTER TABLE agents
  ALTER token_sha256 SET NOT NULL,
  DROP enrolled_with, DROP previous_key, DROP previous_key_until, DROP revoked_at, DROP revoked_by, DROP revoked_reason;
DROP TABLE enrollment_tokens;
`;

export class Enrollment1764500000000 implements MigrationInterface {
  readonly name = 'Enrollment1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
    await runner.query(SCOPE_VIEWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
    await runner.query(SCOPE_VIEWS);
  }
}
