import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How long the list of names is that a server sends when it asks for client certificates: the subject of every anchor, each
 * with 2 bytes of length before it. And how many managed entries the smallest JVM of a host can hold.
 */
const up = `
-- RFC 5280, 4.1: Certificate and TBSCertificate are entered; version, serial number, signature, issuer and validity stepped over.
CREATE FUNCTION issuer_list_bytes(der bytea) RETURNS integer LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  here integer := 0;
  header integer;
  content integer;
BEGIN
  FOR step IN 1..8 LOOP
    IF here + 5 > octet_length(der) THEN
      RETURN 0;
    END IF;
    CONTINUE WHEN step = 3 AND get_byte(der, here) <> 160;
    header := 2;
    content := get_byte(der, here + 1);
    IF content > 131 THEN
      RETURN 0;
    ELSIF content > 127 THEN
      header := 2 + content - 128;
      content := 0;
      FOR i IN 2..header - 1 LOOP
        content := content * 256 + get_byte(der, here + i);
      END LOOP;
    END IF;
    IF step = 8 THEN
      RETURN 2 + header + content;
    END IF;
    here := here + header + CASE WHEN step > 2 THEN content ELSE 0 END;
  END LOOP;
END $$;

ALTER TABLE x509_certificates ADD issuer_bytes integer NOT NULL GENERATED ALWAYS AS (issuer_list_bytes(der)) STORED;

ALTER TABLE environments ADD issuer_bytes bigint NOT NULL DEFAULT 0;
UPDATE environments e SET issuer_bytes = s.bytes
FROM (
  SELECT p.environment_id, sum(x.issuer_bytes) AS bytes
  FROM definition_environments p JOIN x509_certificates x ON x.fingerprint = p.fingerprint
  GROUP BY p.environment_id
) s
WHERE s.environment_id = e.id;

ALTER TABLE bases ADD issuer_bytes integer NOT NULL DEFAULT 0;
UPDATE bases b SET issuer_bytes = s.bytes
FROM (
  SELECT u.digest, sum(x.issuer_bytes) AS bytes
  FROM (SELECT DISTINCT digest, fingerprint FROM base_entries) u JOIN x509_certificates x ON x.fingerprint = u.fingerprint
  GROUP BY u.digest
) s
WHERE s.digest = b.digest;
CREATE INDEX agents_environment_base ON agents (environment_id, base_digest) WHERE base_digest IS NOT NULL;

ALTER TABLE agent_statuses ADD issuer_bytes integer, ADD managed_room integer;
`;

const down = `
ALTER TABLE agent_statuses DROP issuer_bytes, DROP managed_room;
DROP INDEX agents_environment_base;
ALTER TABLE bases DROP issuer_bytes;
ALTER TABLE environments DROP issuer_bytes;
ALTER TABLE x509_certificates DROP issuer_bytes;
DROP FUNCTION issuer_list_bytes(bytea);
`;

export class IssuerLists1764140000000 implements MigrationInterface {
  readonly name = 'IssuerLists1764140000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
