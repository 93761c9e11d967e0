import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
ALTER TABLE audit
  ADD address text,
  ADD request_id uuid,
  ADD certificate_id uuid,
  ADD environments text[] NOT NULL DEFAULT '{}',
  ADD revisions jsonb NOT NULL DEFAULT '[]',
  ADD before jsonb,
  ADD after jsonb,
  ALTER details SET DEFAULT '{}';
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_certificate ON audit (certificate_id, id) WHERE certificate_id IS NOT NULL;
CREATE INDEX audit_at ON audit (at);

-- What the sealer has not chained yet: ids are not given in the order of the commits, so no last id tells.
CREATE TABLE audit_unsealed (audit_id bigint PRIMARY KEY);
CREATE FUNCTION queue_audit_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_unsealed VALUES (NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_queued AFTER INSERT ON audit FOR EACH ROW EXECUTE FUNCTION queue_audit_seal();
INSERT INTO audit_unsealed SELECT id FROM audit;

CREATE TABLE audit_seals (
  sequence bigint PRIMARY KEY CHECK (sequence > 0),
  audit_id bigint NOT NULL CONSTRAINT audit_seals_audit_key UNIQUE,
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE ON audit_seals
  FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
`;

const down = `
DROP TRIGGER audit_queued ON audit;
DROP FUNCTION queue_audit_seal();
DROP TABLE audit_seals, audit_unsealed;
ALTER TABLE audit DROP address, DROP request_id, DROP certificate_id, DROP environments, DROP revisions, DROP before,
  DROP after, ALTER details DROP DEFAULT;
`;

export class AuditTrail1763940000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
