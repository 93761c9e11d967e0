import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From a revision to the record of the change that deployed it, which alone names the revisions that it made. */
const up = `
CREATE INDEX audit_deployed ON audit ((details ->> 'deploymentId')) WHERE revisions <> '[]';
`;

export class AuditDeployed1763970100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_deployed');
  }
}
