import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/** The boots of a host and of another one that speaks with its key, and whether that was logged. */
const up = `
ALTER TABLE agent_statuses
  ADD boot_id uuid,
  ADD duplicate_boot_id uuid,
  ADD duplicate_logged boolean NOT NULL DEFAULT false;
CREATE INDEX agent_statuses_duplicate ON agent_statuses (agent_id) WHERE duplicate_at IS NOT NULL;
`;

const down = `
DROP SCHEMA trustcast_scope CASCADE;
DROP INDEX agent_statuses_duplicate;
ALTER TABLE agent_statuses DROP boot_id, DROP duplicate_boot_id, DROP duplicate_logged;
`;

export class DuplicateBoots1764700100000 implements MigrationInterface {
  readonly name = 'DuplicateBoots1764700100000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(up);
    await runner.query(SCOPE_VIEWS);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(down);
    await runner.query(SCOPE_VIEWS);
  }
}
