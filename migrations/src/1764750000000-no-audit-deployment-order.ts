import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * History has tables of its own, so that nobody reads what a deployment made of certificates from the audit any more. Only
 * `fill_history` joins it, once for the revisions of a process of the release before: that may read the audit through.
 */
const up = `DROP INDEX audit_deployment_order;`;
const down = `
CREATE INDEX audit_deployment_order ON audit ((details ->> 'deploymentId'), id) WHERE certificate_id IS NOT NULL;
`;

export class NoAuditDeploymentOrder1764750000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
