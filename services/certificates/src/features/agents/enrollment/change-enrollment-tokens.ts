import { randomUUID } from 'node:crypto';
import { parseEnrollmentToken } from '@trustcast/schema';
import { writeAudit } from '../../audit/sql/write-audit.js';
import { environmentIds } from '../../environments/sql/environment-ids.js';
import {
  type TokenSeed,
  derivedEnrollmentToken,
  newEnrollmentToken,
  newSalt,
  tokenHint,
} from '../../identity/token.js';
import type { EnrollmentTokenRecord } from '../../records/enrollment-token-record.js';
import { type Result, accepted, rejected } from '../../records/result.js';
import { idempotent, storeAnswer } from '../../requests/idempotent.js';
import type { Author, Request } from '../../requests/request.js';
import type { Database } from '../../../platform/postgres/database.js';
import {
  addEnrollmentToken,
  endEnrollmentToken,
  enrollmentTokenById,
  enrollmentTokenOpens,
} from './sql/enrollment-tokens.js';

export interface NewEnrollmentToken {
  readonly environment: string;
  readonly uses: number;
  readonly expiresAt: Date;
  /** Thumbprint of the key that signs statements now: the host believes no other at its first contact. */
  readonly pin: string;
  /** What tokens of requests with an idempotency key are derived from, so that a retry is answered with the same one. */
  readonly tokenSecret: Buffer;
}

/** Makes an enrollment token, of which the database keeps a public key that does not lead back to it. */
export async function createEnrollmentToken(
  database: Database,
  request: Request,
  { environment, uses, expiresAt, pin, tokenSecret }: NewEnrollmentToken,
): Promise<Result<{ readonly enrollmentToken: EnrollmentTokenRecord; readonly token: string }>> {
  const random = newEnrollmentToken(pin);
  const tokenOf = (seed: TokenSeed) =>
    request.idempotencyKey === null ? random : derivedEnrollmentToken(tokenSecret, seed, pin);
  const keyIdOf = (seed: TokenSeed) => parseEnrollmentToken(tokenOf(seed)).publicKey.x;
  const attempt = () =>
    database.transaction(async (transaction) => {
      const seed: TokenSeed = { id: randomUUID(), salt: newSalt() };
      const { id } = seed;
      const environmentId = (await environmentIds(transaction, [environment])).get(environment) ?? '';
      const row = { id, environmentId, keyId: keyIdOf(seed), hint: tokenHint(tokenOf(seed)), uses, expiresAt };
      await addEnrollmentToken(transaction, { ...row, createdBy: request.actor });
      const entry = { action: 'createEnrollmentToken', after: { id, environment, uses, expiresAt } };
      await writeAudit(transaction, request, entry, { environments: [environment] });
      await storeAnswer(transaction, request, seed);
      return seed;
    });
  const made = await idempotent(database, request, attempt, () => Promise.resolve([]));
  if (!made.ok)
    return rejected(
      ...made.refusals.map((refusal) =>
        refusal.code === 'ENVIRONMENT_NOT_FOUND' ? { ...refusal, field: ['environment'] } : refusal,
      ),
    );
  const { id } = made.value;
  const enrollmentToken = await enrollmentTokenById(database, id);
  if (enrollmentToken && (await enrollmentTokenOpens(database, id, keyIdOf(made.value))))
    return accepted({ enrollmentToken, token: tokenOf(made.value) });
  // The service signs with another key by now, of which other tokens are derived.
  const message = 'the token was created and cannot be shown again: revoke it and create another one';
  return rejected({ code: 'INVALID_INPUT', message, field: ['idempotencyKey'] });
}

/** Ends a token; hosts that enrolled with it stay. One that is revoked already stays as it is. @returns null: there is none */
export function revokeEnrollmentToken(
  database: Database,
  origin: Author,
  id: string,
): Promise<EnrollmentTokenRecord | null> {
  return database.transaction(async (transaction) => {
    const before = await enrollmentTokenById(transaction, id);
    if (!before || before.revokedAt) return before;
    const { environment, hint } = before;
    await endEnrollmentToken(transaction, id, origin.actor);
    const entry = { action: 'revokeEnrollmentToken', before: { id, environment, hint } };
    await writeAudit(transaction, origin, entry, { environments: [environment] });
    return enrollmentTokenById(transaction, id);
  });
}
