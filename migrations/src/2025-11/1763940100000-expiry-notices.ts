import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
CREATE TABLE expiry_notices (
  environment_id uuid NOT NULL REFERENCES environments ON DELETE CASCADE,
  fingerprint text COLLATE "C" NOT NULL,
  days integer NOT NULL,
  published_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT expiry_notices_once PRIMARY KEY (environment_id, fingerprint, days)
);
CREATE INDEX x509_certificates_not_after ON x509_certificates (not_after);
`;

export class ExpiryNotices1763940100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE expiry_notices; DROP INDEX x509_certificates_not_after');
  }
}
