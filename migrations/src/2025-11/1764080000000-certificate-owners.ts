import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which description file, by the name that it gives itself, a certificate belongs to: whoever prunes stays within it. */
export class CertificateOwners1764080000000 implements MigrationInterface {
  readonly name = 'CertificateOwners1764080000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE certificate_owners (
        certificate_id uuid PRIMARY KEY REFERENCES certificates ON DELETE CASCADE,
        owner text NOT NULL CHECK (length(owner) BETWEEN 1 AND 128)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE certificate_owners');
  }
}
