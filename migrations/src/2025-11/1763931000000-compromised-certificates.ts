import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
CREATE TABLE compromised_certificates (
  fingerprint text COLLATE "C" PRIMARY KEY REFERENCES x509_certificates,
  -- of the certificate that was deleted: typed by who lifts the refusal
  certificate_name text NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  deleted_at timestamptz NOT NULL DEFAULT now()
);

-- Volatile, so that it sees what was committed while the statement that calls it waited.
CREATE FUNCTION refuse_compromised(candidates text[]) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
DECLARE
  found text[] := ARRAY(SELECT fingerprint FROM compromised_certificates WHERE fingerprint = ANY (candidates));
BEGIN
  IF cardinality(found) > 0 THEN PERFORM refuse_deploy('CERTIFICATE_COMPROMISED', found); END IF;
END $$;
`;

export class CompromisedCertificates1763931000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION refuse_compromised(text[]); DROP TABLE compromised_certificates');
  }
}
