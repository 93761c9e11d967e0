import type { MigrationInterface, QueryRunner } from 'typeorm';

const up = `
ALTER TABLE definitions
  ADD url text,
  ADD CONSTRAINT definitions_url_of_connection CHECK (url IS NULL OR source = 'CONNECTION');
`;

export class DefinitionUrl1763950000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE definitions DROP url');
  }
}
