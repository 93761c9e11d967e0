import { type Refusal, RefusedError, refused } from '../domain/refusal.js';
import type { EnvironmentRecord } from '../domain/environment-record.js';
import type { Database } from './database.js';
import { EnvironmentEntity } from './environment-entity.js';
import { brokenConstraint } from './errors.js';
import type { Outcome } from './idempotent.js';
import { environmentsByName } from './read-environments.js';
import { writeAudit } from './write-audit.js';

export function updateEnvironment(
  database: Database,
  actor: string,
  { name, title }: { name: string; title: string },
): Promise<Outcome<EnvironmentRecord>> {
  return outcomeOf(() =>
    database.transaction(async (transaction) => {
      const { affected } = await transaction.entities.update(EnvironmentEntity, { name }, { title });
      if (affected !== 1) throw refused(unknownEnvironment(name));
      await writeAudit(transaction, actor, 'updateEnvironment', { name, title });
      const [environment] = await environmentsByName(transaction, [name]);
      if (!environment) throw refused(unknownEnvironment(name));
      return environment;
    }),
  );
}

/** Deletes an environment that has neither certificates nor agents. */
export function deleteEnvironment(
  database: Database,
  actor: string,
  { name }: { name: string },
): Promise<Outcome<EnvironmentRecord>> {
  return outcomeOf(() =>
    database.transaction(async (transaction) => {
      const [environment] = await environmentsByName(transaction, [name]);
      if (!environment) throw refused(unknownEnvironment(name));
      const { affected } = await transaction.entities.delete(EnvironmentEntity, { name, builtIn: false });
      if (affected !== 1) throw refused(inUse('the environment is built in'));
      await writeAudit(transaction, actor, 'deleteEnvironment', { id: environment.id, name });
      return environment;
    }),
  );
}

async function outcomeOf<Answer>(change: () => Promise<Answer>): Promise<Outcome<Answer>> {
  try {
    return { answer: await change() };
  } catch (error) {
    if (error instanceof RefusedError) return { refusals: error.refusals };
    if (brokenConstraint(error) === undefined) throw error;
    return { refusals: [inUse('certificates or agents belong to the environment')] };
  }
}

export function unknownEnvironment(name: string): Refusal {
  return { code: 'ENVIRONMENT_NOT_FOUND', message: 'there is no such environment', field: ['name'], names: [name] };
}

function inUse(message: string): Refusal {
  return { code: 'ENVIRONMENT_IN_USE', message, field: ['name'] };
}
