import { randomUUID } from 'node:crypto';
import type { EnvironmentKind, EnvironmentRecord } from '../domain/environment-record.js';
import type { Database } from './database.js';
import { EnvironmentEntity } from './environment-entity.js';
import { brokenConstraint } from './errors.js';
import type { Outcome } from './idempotent.js';
import { environmentsByName } from './read-environments.js';
import type { Origin } from './request.js';
import { notifyRevisions } from './notify.js';
import { writeAudit } from './write-audit.js';

export async function createEnvironment(
  database: Database,
  origin: Origin,
  input: { name: string; title: string; kind: EnvironmentKind },
): Promise<Outcome<EnvironmentRecord>> {
  const id = randomUUID();
  try {
    await database.transaction(async (transaction) => {
      await transaction.entities.insert(EnvironmentEntity, { id, ...input });
      const entry = { action: 'createEnvironment', after: { id, ...input } };
      await writeAudit(transaction, origin, entry, { environments: [input.name] });
      await notifyRevisions(transaction, id);
    });
  } catch (error) {
    if (brokenConstraint(error) !== 'environments_name_key') throw error;
    const [named] = await environmentsByName(database, [input.name]);
    const message = 'there is an environment with this name';
    return { refusals: [{ code: 'NAME_TAKEN', message, field: ['name'], nodeId: named?.id ?? null }] };
  }
  return { answer: { id, ...input, epoch: 1, revision: 0, entries: 0, diverged: null } };
}
