import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the retention job looks for, without reading what stays. */
const up = `
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
CREATE INDEX retiring_keys_retires ON retiring_keys (retires_at);
`;

export class Retention1764030200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX idempotency_keys_created, retiring_keys_retires');
  }
}
