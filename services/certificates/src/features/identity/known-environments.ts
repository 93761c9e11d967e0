import { isEnvironmentName } from '@trustcast/schema';
import { refused } from '../records/refusal.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { knownEnvironmentNames } from './sql/api-tokens.js';

/** Refuses names of environments that do not exist; null: all are meant. @throws RefusedError */
export async function demandEnvironments(sql: Sql, environments: readonly string[] | null): Promise<void> {
  if (environments === null) return;
  const known = await knownEnvironmentNames(sql, environments.filter(isEnvironmentName));
  const missing = environments.filter((name) => !known.has(name));
  if (missing.length > 0)
    throw refused({
      code: 'ENVIRONMENT_NOT_FOUND',
      message: `there is no environment ${missing.map(shown).join(', ')}: create it first, or correct the name`,
      field: ['environments'],
      names: missing,
    });
}

/** What is no name is quoted, with what cannot be shown escaped. */
function shown(name: string): string {
  return isEnvironmentName(name) ? name : JSON.stringify(name);
}
