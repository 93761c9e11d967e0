import type { MigrationInterface, QueryRunner } from 'typeorm';
import { SCOPE_VIEWS } from './scope-views.js';

/** Shows the facts of hosts to callers of some environments: their column is younger than the views. */
export class FactsInScope1764810000000 implements MigrationInterface {
  readonly name = 'FactsInScope1764810000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(SCOPE_VIEWS);
  }

  /** Without views, columns can be dropped; the migration before that makes them again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA trustcast_scope CASCADE; CREATE SCHEMA trustcast_scope');
  }
}
