import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
-- What JVMs trust beside the managed certificates, once for all hosts that have the same.
CREATE TABLE bases (
  digest text COLLATE "C" PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE base_entries (
  digest text COLLATE "C" NOT NULL REFERENCES bases ON DELETE CASCADE,
  alias text NOT NULL,
  alias_key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL REFERENCES x509_certificates,
  PRIMARY KEY (digest, alias_key, fingerprint)
);
ALTER TABLE agents ADD base_digest text COLLATE "C" REFERENCES bases;
CREATE INDEX agents_base ON agents (base_digest) WHERE base_digest IS NOT NULL;
`;

export class Bases1763940200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE agents DROP base_digest; DROP TABLE base_entries, bases');
  }
}
