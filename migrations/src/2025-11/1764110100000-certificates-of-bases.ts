import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * X.509 certificates that came with a base alone, and that nobody deployed, go when no base has them any more. Those that
 * were deployed once stay: the history of their environments needs them.
 */
const up = `
ALTER TABLE x509_certificates ADD of_base boolean NOT NULL DEFAULT false;
UPDATE x509_certificates x SET of_base = true
  WHERE NOT EXISTS (SELECT FROM definitions d WHERE d.fingerprint = x.fingerprint);
CREATE INDEX x509_certificates_of_base ON x509_certificates (fingerprint) WHERE of_base;
CREATE INDEX base_entries_fingerprint ON base_entries (fingerprint);
`;

const down = `
DROP INDEX base_entries_fingerprint;
ALTER TABLE x509_certificates DROP of_base;
`;

export class CertificatesOfBases1764110100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
