import { refused } from '../../records/refusal.js';
import type { Database } from '../../../platform/postgres/database.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const IDS = statement<{ id: string; name: string }>(
  'environment_ids',
  'SELECT id, name FROM environments WHERE name = ANY ($1)',
);

/** Ids by name. @throws RefusedError naming those that do not exist */
export async function environmentIds(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  // PostgreSQL takes no NUL: what cannot be a name is not asked for.
  const possible = names.filter((name) => /^[a-z0-9-]{1,63}$/.test(name));
  const ids = new Map((await sql.query(IDS, [possible])).map(({ id, name }) => [name, id]));
  const missing = names.filter((name) => !ids.has(name));
  if (missing.length > 0)
    throw refused({
      code: 'ENVIRONMENT_NOT_FOUND',
      message: `no such environment: ${missing.map((name) => JSON.stringify(name.slice(0, 63))).join(', ')}; create it first, or correct the name`,
      field: ['definitions'],
      names: missing,
    });
  return ids;
}

const MAX_REMEMBERED = 10_000;

/** Remembers ids by name. One that is no longer true breaks a foreign key: then `forget`. */
class EnvironmentIdCache {
  readonly #ids = new Map<string, string>();

  async resolve(sql: Sql, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (names.every((name) => this.#ids.has(name))) return this.#ids;
    const ids = await environmentIds(sql, names);
    if (this.#ids.size > MAX_REMEMBERED) this.forget();
    for (const [name, id] of ids) this.#ids.set(name, id);
    return ids;
  }

  forget(): void {
    this.#ids.clear();
  }
}

const caches = new WeakMap<Database, EnvironmentIdCache>();

/** The ids that are remembered of a database. */
export function environmentIdCache(database: Database): EnvironmentIdCache {
  const known = caches.get(database);
  if (known) return known;
  const made = new EnvironmentIdCache();
  caches.set(database, made);
  return made;
}
