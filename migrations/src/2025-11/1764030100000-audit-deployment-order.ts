import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a deployment made of certificates, in order: a page of it is one look at this index. Without the order PostgreSQL
 * went through the whole audit for each revision.
 */
const up = `
CREATE INDEX audit_deployment_order ON audit ((details ->> 'deploymentId'), id) WHERE certificate_id IS NOT NULL;
DROP INDEX audit_deployment;
`;
const down = `
CREATE INDEX audit_deployment ON audit ((details ->> 'deploymentId')) WHERE certificate_id IS NOT NULL;
DROP INDEX audit_deployment_order;
`;

export class AuditDeploymentOrder1764030100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
