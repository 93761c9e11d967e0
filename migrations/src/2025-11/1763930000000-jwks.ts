import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
CREATE TABLE jwks (
  id uuid PRIMARY KEY,
  environment_id uuid NOT NULL REFERENCES environments,
  name text COLLATE "C" NOT NULL,
  use text NOT NULL CHECK (use IN ('SIGNATURE', 'ENCRYPTION')),
  algorithm text NOT NULL,
  kid text COLLATE "C" NOT NULL,
  -- json, not jsonb: what is published stays as it was written
  jwk json NOT NULL,
  fingerprint text COLLATE "C" NOT NULL REFERENCES x509_certificates,
  -- the link: a certificate is in an environment once; null: disconnected
  certificate_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT jwks_name_key UNIQUE (environment_id, name),
  CONSTRAINT jwks_kid_key UNIQUE (environment_id, kid),
  -- Deferred: a change of a certificate removes all its lines and writes those that it has then.
  CONSTRAINT jwks_link FOREIGN KEY (certificate_id, environment_id)
    REFERENCES definition_environments (certificate_id, environment_id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX jwks_certificate ON jwks (certificate_id, environment_id) WHERE certificate_id IS NOT NULL;
CREATE INDEX jwks_fingerprint ON jwks (fingerprint);

-- Keys that a JWK had before: published until verifiers no longer meet what was signed with them.
CREATE TABLE retiring_keys (
  environment_id uuid NOT NULL REFERENCES environments,
  kid text COLLATE "C" NOT NULL,
  jwk_id uuid NOT NULL REFERENCES jwks ON DELETE CASCADE,
  jwk json NOT NULL,
  retires_at timestamptz NOT NULL,
  PRIMARY KEY (environment_id, kid)
);
CREATE INDEX retiring_keys_jwk ON retiring_keys (jwk_id);
`;

export class Jwks1763930000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE retiring_keys, jwks');
  }
}
