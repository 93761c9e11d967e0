import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Audit records may be removed from the beginning of the chain, with their seals; the chain then begins with the seal of the
 * last one. Whether an agent lost its key to another one is a column: it was read from the audit.
 */
const up = `
CREATE TABLE audit_removed (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  sequence bigint NOT NULL,
  hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
  removed_at timestamptz NOT NULL
);

CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF TG_TABLE_NAME = 'audit_seals' THEN
      IF OLD.sequence <= (SELECT r.sequence FROM audit_removed r) THEN RETURN OLD; END IF;
    ELSIF EXISTS (
      SELECT FROM audit_seals s JOIN audit_removed r ON s.sequence <= r.sequence WHERE s.audit_id = OLD.id
    ) THEN RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit records are append-only';
END $$;

ALTER TABLE agents ADD key_released boolean NOT NULL DEFAULT false;
UPDATE agents a SET key_released = true
WHERE EXISTS (SELECT FROM audit r WHERE r.action = 'releaseAgentKey' AND r.after ->> 'id' = a.id::text);
`;

const down = `
ALTER TABLE agents DROP key_released;
CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit records are append-only';
END $$;
DROP TABLE audit_removed;
`;

export class AuditRetention1764200100000 implements MigrationInterface {
  readonly name = 'AuditRetention1764200100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
