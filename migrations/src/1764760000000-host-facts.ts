import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What agents say of their hosts and the service only shows is one document: one more needs no column. Processes of the
 * release before still write `issuer_bytes`; a later release drops it.
 */
const up = `
ALTER TABLE agent_statuses ADD facts jsonb NOT NULL DEFAULT '{}';
UPDATE agent_statuses SET facts = jsonb_build_object('issuerBytes', issuer_bytes) WHERE issuer_bytes IS NOT NULL;
`;
const down = `
UPDATE agent_statuses SET issuer_bytes = (facts ->> 'issuerBytes')::integer;
ALTER TABLE agent_statuses DROP facts;
`;

export class HostFacts1764760000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
  }
}
