import { type Refusal, RefusedError, refused } from '../records/refusal.js';
import type { EnvironmentRecord } from '../records/environment-record.js';
import type { Database } from '../../platform/postgres/database.js';
import { EnvironmentEntity } from './sql/environment-entity.js';
import { brokenConstraint } from '../../platform/postgres/database-errors.js';
import { type Result, accepted, rejected } from '../records/result.js';
import type { Author } from '../requests/request.js';
import { environmentsByName } from './sql/read-environments.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

/** The answer to a change of an environment: the environment after it, or before its deletion. */
export interface EnvironmentAnswer extends EnvironmentRecord {
  /** false: nothing was changed; absent: it was. */
  readonly changed?: boolean;
}

const LOCK = statement<object>('environment_lock', 'SELECT FROM environments WHERE name = $1 FOR NO KEY UPDATE');

export function updateEnvironment(
  database: Database,
  origin: Author,
  { name, title }: { name: string; title: string },
): Promise<Result<EnvironmentAnswer>> {
  return resultOf<EnvironmentAnswer>(() =>
    database.transaction(async (transaction) => {
      await transaction.query(LOCK, [name]);
      const [before] = await environmentsByName(transaction, [name]);
      if (!before) throw refused(unknownEnvironment(name));
      if (before.title === title) return { ...before, changed: false };
      await transaction.entities.update(EnvironmentEntity, { name }, { title });
      const entry = { action: 'updateEnvironment', before: { name, title: before.title }, after: { name, title } };
      await writeAudit(transaction, origin, entry, { environments: [name] });
      return { ...before, title };
    }),
  );
}

/** Deletes an environment that has no certificates, JWKs or agents. */
export function deleteEnvironment(
  database: Database,
  origin: Author,
  { name }: { name: string },
): Promise<Result<EnvironmentRecord>> {
  return resultOf(() =>
    database.transaction(async (transaction) => {
      const [environment] = await environmentsByName(transaction, [name]);
      if (!environment) throw refused(unknownEnvironment(name));
      const { affected } = await transaction.entities.delete(EnvironmentEntity, { name, builtIn: false });
      if (affected !== 1)
        throw refused(inUse('the environment is built in: it stays, and may be left without certificates'));
      const { id, title, kind, epoch, revision } = environment;
      const entry = { action: 'deleteEnvironment', before: { id, name, title, kind, epoch, revision } };
      await writeAudit(transaction, origin, entry, { environments: [name] });
      return environment;
    }),
  );
}

async function resultOf<Answer>(change: () => Promise<Answer>): Promise<Result<Answer>> {
  try {
    return accepted(await change());
  } catch (error) {
    if (error instanceof RefusedError) return rejected(...error.refusals);
    if (brokenConstraint(error) === undefined) throw error;
    return rejected(
      inUse('certificates, JWKs or agents belong to the environment: delete them, or take them out of it, first'),
    );
  }
}

export function unknownEnvironment(name: string): Refusal {
  return {
    code: 'ENVIRONMENT_NOT_FOUND',
    message: 'there is no such environment: it was deleted, or its name is another',
    field: ['name'],
    names: [name],
  };
}

function inUse(message: string): Refusal {
  return { code: 'ENVIRONMENT_IN_USE', message, field: ['name'] };
}
