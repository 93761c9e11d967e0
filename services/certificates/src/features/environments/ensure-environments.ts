import { randomUUID } from 'node:crypto';
import type { EnvironmentKind } from '../records/environment-record.js';
import { type Refusal, RefusedError } from '../records/refusal.js';
import type { Transaction } from '../../platform/postgres/database.js';
import { EnvironmentEntity } from './sql/environment-entity.js';
import { notifyRevisions } from '../../platform/postgres/notify.js';
import { environmentsByName } from './sql/read-environments.js';
import type { Author } from '../requests/request.js';
import { writeAudit } from '../audit/sql/write-audit.js';

/** An environment that shall exist. */
export interface EnsuredEnvironment {
  readonly name: string;
  readonly kind: EnvironmentKind;
  /** null: the title stays; a new environment is titled by its name. */
  readonly title: string | null;
}

/**
 * Creates environments that are missing and changes titles that differ, in the transaction of the change that needs them.
 *
 * @returns whether anything was done
 * @throws RefusedError for one of another kind, which cannot be changed
 */
export async function ensureEnvironments(
  sql: Transaction,
  origin: Author,
  requested: readonly EnsuredEnvironment[],
): Promise<boolean> {
  const names = requested.map(({ name }) => name);
  const present = new Map((await environmentsByName(sql, names)).map((each) => [each.name, each]));
  const refusals: Refusal[] = [];
  let changed = false;
  // New names in one order for everyone, so that two who meet wait and do not deadlock.
  const inOrder = [...requested.entries()].sort(([, one], [, other]) => (one.name < other.name ? -1 : 1));
  for (const [index, { name, kind, title }] of inOrder) {
    const found = present.get(name);
    if (!found) {
      const record = { id: randomUUID(), name, kind, title: title ?? name };
      await sql.entities.insert(EnvironmentEntity, record);
      await writeAudit(sql, origin, { action: 'createEnvironment', after: record }, { environments: [name] });
      await notifyRevisions(sql, record.id);
      changed = true;
    } else if (found.kind !== kind) {
      const message = `the environment is of kind ${found.kind}, which cannot be changed`;
      refusals.push({ code: 'INVALID_INPUT', message, field: ['environments', String(index), 'kind'] });
    } else if (title !== null && title !== found.title) {
      await sql.entities.update(EnvironmentEntity, { name }, { title });
      const entry = { action: 'updateEnvironment', before: { name, title: found.title }, after: { name, title } };
      await writeAudit(sql, origin, entry, { environments: [name] });
      changed = true;
    }
  }
  if (refusals.length > 0) throw new RefusedError(refusals);
  return changed;
}
