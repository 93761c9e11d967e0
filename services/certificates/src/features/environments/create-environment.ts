import { randomUUID } from 'node:crypto';
import type { EnvironmentKind, EnvironmentRecord } from '../records/environment-record.js';
import type { Database } from '../../platform/postgres/database.js';
import { EnvironmentEntity } from './sql/environment-entity.js';
import type { Result } from '../records/result.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import { environmentsByName } from './sql/read-environments.js';
import type { Request } from '../requests/request.js';
import { notifyRevisions } from '../../platform/postgres/notify.js';
import { refused } from '../records/refusal.js';
import { statement } from '../../platform/postgres/statement.js';
import { writeAudit } from '../audit/sql/write-audit.js';

/** Lists of environments have no pages, and the cost of a query is counted with this number. */
export const MAX_ENVIRONMENTS = 1_000;
const COUNT = statement<{ number: number }>(
  'environments_count',
  'SELECT count(*)::integer AS number FROM environments',
);

export function createEnvironment(
  database: Database,
  request: Request,
  input: { name: string; title: string; kind: EnvironmentKind },
): Promise<Result<EnvironmentRecord>> {
  const attempt = (): Promise<EnvironmentRecord> =>
    database.transaction(async (transaction) => {
      const [counted] = await transaction.query(COUNT);
      if (counted && counted.number >= MAX_ENVIRONMENTS)
        throw refused({
          code: 'INVALID_INPUT',
          message: `the limit of ${MAX_ENVIRONMENTS} environments is reached: delete one that is not used`,
          field: ['name'],
        });
      const id = randomUUID();
      await transaction.entities.insert(EnvironmentEntity, { id, ...input });
      const entry = { action: 'createEnvironment', after: { id, ...input } };
      await writeAudit(transaction, request, entry, { environments: [input.name] });
      await notifyRevisions(transaction, id);
      const answer = { id, ...input, epoch: 1, revision: 0, entries: 0, diverged: null };
      await storeAnswer(transaction, request, answer);
      return answer;
    });
  return idempotent(database, request, attempt, async () => {
    const [named] = await environmentsByName(database, [input.name]);
    const message = 'there is an environment with this name: use it, or choose another name';
    return named ? [{ code: 'NAME_TAKEN', message, field: ['name'], nodeId: named.id }] : [];
  });
}
