import { randomUUID } from 'node:crypto';
import type { ApiTokenRecord } from '../records/api-token-record.js';
import type { Permission } from '../records/grants.js';
import { type Result, accepted, rejected } from '../records/result.js';
import { writeAudit } from '../audit/sql/write-audit.js';
import type { Database } from '../../platform/postgres/database.js';
import { idempotent, storeAnswer } from '../requests/idempotent.js';
import type { Author, Request } from '../requests/request.js';
import { demandEnvironments } from './known-environments.js';
import { addApiToken, apiTokenById, revokeToken, tokenOpens } from './sql/api-tokens.js';
import { type TokenSeed, derivedApiToken, newApiToken, newSalt } from './token.js';

export interface NewApiToken {
  readonly name: string;
  readonly permissions: readonly Permission[];
  /** Names; null: all. */
  readonly environments: readonly string[] | null;
  readonly expiresAt: Date | null;
  /** What tokens of requests with an idempotency key are derived from, so that a retry is answered with the same one. */
  readonly tokenSecret: Buffer;
}

/** Makes an API token, of which the database keeps a hash. */
export async function createApiToken(
  database: Database,
  request: Request,
  { tokenSecret, ...input }: NewApiToken,
): Promise<Result<{ readonly apiToken: ApiTokenRecord; readonly token: string }>> {
  const random = newApiToken();
  const tokenOf = (seed: TokenSeed) => (request.idempotencyKey === null ? random : derivedApiToken(tokenSecret, seed));
  const attempt = () =>
    database.transaction(async (transaction) => {
      const { environments } = input;
      await demandEnvironments(transaction, environments);
      const seed: TokenSeed = { id: randomUUID(), salt: newSalt() };
      const { id } = seed;
      await addApiToken(transaction, { ...input, id, token: tokenOf(seed), createdBy: request.actor });
      const { name, permissions, expiresAt } = input;
      const after = { id, name, permissions, environments, expiresAt };
      await writeAudit(transaction, request, { action: 'createApiToken', after });
      await storeAnswer(transaction, request, seed);
      return seed;
    });
  const made = await idempotent(database, request, attempt, () => Promise.resolve([]));
  if (!made.ok) return made;
  const { id } = made.value;
  const token = tokenOf(made.value);
  const apiToken = await apiTokenById(database, id);
  if (apiToken && (await tokenOpens(database, id, token))) return accepted({ apiToken, token });
  // The service signs with another key by now, of which other tokens are derived.
  const message = 'the token was created and cannot be shown again: revoke it and create another one';
  return rejected({ code: 'INVALID_INPUT', message, field: ['idempotencyKey'] });
}

/** Ends a token for good. One that is revoked already stays as it is. @returns null: there is no such token */
export function revokeApiToken(database: Database, origin: Author, id: string): Promise<ApiTokenRecord | null> {
  return database.transaction(async (transaction) => {
    const before = await apiTokenById(transaction, id);
    if (!before || before.revokedAt) return before;
    await revokeToken(transaction, id, origin.actor);
    await writeAudit(transaction, origin, { action: 'revokeApiToken', before: { id, name: before.name } });
    return apiTokenById(transaction, id);
  });
}
