import { randomUUID } from 'node:crypto';
import type { GrantRecord } from '../records/grant-record.js';
import { type Result, accepted } from '../records/result.js';
import { writeAudit } from '../audit/sql/write-audit.js';
import type { Database } from '../../platform/postgres/database.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import type { Author, Request } from '../requests/request.js';
import { demandEnvironments } from './known-environments.js';
import { addGrant, grantById, removeGrant } from './sql/grants.js';

export type NewGrant = Pick<GrantRecord, 'issuer' | 'subject' | 'group' | 'permissions' | 'environments'>;

/** Grants permissions to a person or a group. Every process of the service knows it when it reads grants again. */
export async function createGrant(
  database: Database,
  request: Request,
  input: NewGrant,
): Promise<Result<GrantRecord | null>> {
  const attempt = () =>
    database.transaction(async (transaction) => {
      await demandEnvironments(transaction, input.environments);
      const id = randomUUID();
      await addGrant(transaction, { ...input, id, createdBy: request.actor });
      await writeAudit(transaction, request, { action: 'createGrant', after: { id, ...input } });
      await storeAnswer(transaction, request, { id });
      return { id };
    });
  const made = await idempotent(database, request, attempt, () => Promise.resolve([]));
  // A retry may come when it has been deleted.
  return made.ok ? accepted(await grantById(database, made.value.id)) : made;
}

/** Takes a grant back. @returns what it was; null: there is no such grant */
export function deleteGrant(database: Database, origin: Author, id: string): Promise<GrantRecord | null> {
  return database.transaction(async (transaction) => {
    const before = await grantById(transaction, id);
    if (!before || !(await removeGrant(transaction, id))) return null;
    const { issuer, subject, group, permissions, environments } = before;
    await writeAudit(transaction, origin, {
      action: 'deleteGrant',
      before: { id, issuer, subject, group, permissions, environments },
    });
    return before;
  });
}
