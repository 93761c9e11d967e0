import type { MigrationInterface, QueryRunner } from 'typeorm';

/** From a revision to what its deployment made of certificates: the way back to any past revision. */
const up = `
CREATE INDEX audit_deployment ON audit ((details ->> 'deploymentId')) WHERE certificate_id IS NOT NULL;
`;

export class AuditDeployments1763960000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_deployment');
  }
}
