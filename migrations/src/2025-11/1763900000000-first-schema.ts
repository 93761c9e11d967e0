import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
CREATE TABLE installation (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO installation DEFAULT VALUES;

CREATE TABLE api_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  token_sha256 bytea NOT NULL CONSTRAINT api_tokens_token_key UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  jwk jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE environments (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text COLLATE "C" NOT NULL CONSTRAINT environments_name_key UNIQUE CHECK (name ~ '^[a-z0-9-]{1,63}$'),
  title text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('API_MANAGER', 'GATEWAY')),
  built_in boolean NOT NULL DEFAULT false,
  epoch bigint NOT NULL DEFAULT 1,
  revision bigint NOT NULL DEFAULT 0,
  -- deployment of the latest revision: tells two histories with the same numbers apart
  head uuid,
  entries integer NOT NULL DEFAULT 0,
  encoded_bytes bigint NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
INSERT INTO environments (name, title, kind, built_in) VALUES ('apimanager', 'API Manager', 'API_MANAGER', true);

CREATE TABLE x509_certificates (
  fingerprint text COLLATE "C" PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  der bytea NOT NULL,
  not_before timestamptz NOT NULL,
  not_after timestamptz NOT NULL,
  fields jsonb NOT NULL
);
-- DER does not compress: do not try.
ALTER TABLE x509_certificates ALTER der SET STORAGE EXTERNAL;

CREATE TABLE certificates (
  id uuid PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT certificates_name_key UNIQUE,
  description text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX certificates_created_at ON certificates (created_at, id);
CREATE INDEX certificates_updated_at ON certificates (updated_at, id);

CREATE TABLE definitions (
  id uuid PRIMARY KEY,
  certificate_id uuid NOT NULL REFERENCES certificates ON DELETE CASCADE,
  ordinal integer NOT NULL,
  alias text NOT NULL,
  source text NOT NULL CHECK (source IN ('CONNECTION', 'FILE', 'CLIPBOARD')),
  fingerprint text COLLATE "C" NOT NULL REFERENCES x509_certificates
);
CREATE INDEX definitions_certificate ON definitions (certificate_id);
CREATE INDEX definitions_fingerprint ON definitions (fingerprint);

CREATE TABLE definition_environments (
  certificate_id uuid NOT NULL,
  environment_id uuid NOT NULL REFERENCES environments,
  definition_id uuid NOT NULL REFERENCES definitions ON DELETE CASCADE,
  alias text NOT NULL,
  -- folded by the application: what lower() does depends on the collation
  alias_key text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  -- the deployment that brought this alias with this certificate to the environment
  deployment_id uuid NOT NULL,
  CONSTRAINT definition_environments_once PRIMARY KEY (certificate_id, environment_id),
  CONSTRAINT definition_environments_alias_key UNIQUE (environment_id, alias_key),
  CONSTRAINT definition_environments_fingerprint_key UNIQUE (environment_id, fingerprint)
);
CREATE INDEX definition_environments_definition ON definition_environments (definition_id);

-- The outbox: what changed, in order. Statements are made from it when they are sent.
CREATE TABLE revisions (
  environment_id uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
  revision bigint NOT NULL,
  epoch bigint NOT NULL,
  deployment_id uuid NOT NULL,
  upserts jsonb NOT NULL,
  removals jsonb NOT NULL,
  target_agents uuid[] NOT NULL,
  target_jvms uuid[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (environment_id, revision)
);
CREATE INDEX revisions_deployment ON revisions (deployment_id);

CREATE TABLE publications (
  environment_id uuid PRIMARY KEY REFERENCES environments ON DELETE CASCADE,
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  digest text NOT NULL,
  published_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE agents (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  environment_id uuid NOT NULL REFERENCES environments,
  name text NOT NULL,
  token_sha256 bytea NOT NULL CONSTRAINT agents_token_key UNIQUE,
  public_key jsonb,
  hostname text,
  agent_version text,
  created_at timestamptz NOT NULL DEFAULT now(),
  registered_at timestamptz,
  CONSTRAINT agents_name_key UNIQUE (environment_id, name)
);

CREATE TABLE agent_statuses (
  agent_id uuid PRIMARY KEY REFERENCES agents ON DELETE CASCADE,
  environment_id uuid NOT NULL REFERENCES environments,
  started_at bigint NOT NULL,
  sequence bigint NOT NULL,
  received_at timestamptz NOT NULL,
  hostname text NOT NULL,
  agent_version text NOT NULL,
  state text NOT NULL,
  reason text,
  written_epoch bigint,
  written_revision bigint,
  managed integer NOT NULL,
  base integer NOT NULL,
  clock_offset_ms bigint,
  refused jsonb NOT NULL,
  jvms jsonb NOT NULL,
  -- it holds a signed statement that the database does not know
  diverged boolean NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX agent_statuses_environment ON agent_statuses (environment_id);

-- A signed statement that the database does not know: it was restored from a backup.
CREATE TABLE divergences (
  environment_id uuid PRIMARY KEY REFERENCES environments ON DELETE CASCADE,
  agent_id uuid NOT NULL,
  epoch bigint NOT NULL,
  revision bigint NOT NULL,
  digest text NOT NULL,
  detected_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE idempotency_keys (
  actor text NOT NULL,
  key text NOT NULL,
  request_sha256 bytea NOT NULL,
  answer jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT idempotency_keys_once PRIMARY KEY (actor, key)
);

CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor text NOT NULL,
  action text NOT NULL,
  details jsonb NOT NULL
);
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit records are append-only';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
`;

export class FirstSchema1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  down(): Promise<void> {
    throw new Error('the first schema is not taken back: drop the database');
  }
}
