import { setTimeout as delay } from 'node:timers/promises';
import { type Result, accepted, rejected } from '../records/result.js';
import { type Refusal, RefusedError } from '../records/refusal.js';
import { brokenConstraint, isConflict } from '../../platform/postgres/database-errors.js';
import type { Request } from './request.js';
import { type Sql, statement } from '../../platform/postgres/statement.js';

const READ = statement<{ request_sha256: Buffer; answer: unknown }>(
  'idempotency_read',
  'SELECT request_sha256, answer FROM idempotency_keys WHERE actor = $1 AND key = $2',
);
const STORE = statement<object>(
  'idempotency_store',
  'INSERT INTO idempotency_keys (actor, key, request_sha256, answer) VALUES ($1, $2, $3, $4)',
);

const MAX_ATTEMPTS = 10;
const BACK_OFF_MS = 20;

/** Particulars of a kind of change. */
export interface ChangeKind {
  /** The refusal that an error of the database stands for; undefined for any other error. */
  refusalOf(error: unknown): Refusal | undefined;
  /** The answer to give for a stored answer. */
  answerOf(stored: unknown): unknown;
}

const PLAIN: ChangeKind = { refusalOf: () => undefined, answerOf: (stored) => stored };

/**
 * Answers a request once: a repetition with its key gets the answer that was stored in the transaction of the first.
 *
 * @param attempt makes the change and stores the answer, or throws RefusedError
 * @param explain returns the refusals that a broken constraint stands for; none when the obstacle is gone meanwhile
 */
export async function idempotent<Answer>(
  sql: Sql,
  { actor, idempotencyKey, requestSha256 }: Request,
  attempt: () => Promise<Answer>,
  explain: (constraint: string) => Promise<readonly Refusal[]>,
  kind: ChangeKind = PLAIN,
): Promise<Result<Answer>> {
  const storedAnswer = async (): Promise<Result<Answer> | undefined> => {
    if (idempotencyKey === null) return undefined;
    const [row] = await sql.query(READ, [actor, idempotencyKey]);
    if (!row) return undefined;
    if (row.request_sha256.equals(requestSha256)) return accepted(kind.answerOf(row.answer) as Answer);
    return rejected({
      code: 'IDEMPOTENCY_KEY_REUSED',
      message: 'this idempotency key was used for a different request: use a new one',
      field: ['idempotencyKey'],
    });
  };
  for (let attempts = 1; ; attempts++) {
    try {
      return accepted(await attempt());
    } catch (error) {
      // The statement is a transaction of its own, and was rolled back: the same may succeed now.
      if (isConflict(error) && attempts < MAX_ATTEMPTS) {
        await delay(Math.random() * BACK_OFF_MS * attempts);
        continue;
      }
      const constraint = brokenConstraint(error);
      const refusal = kind.refusalOf(error);
      if (constraint === undefined && !refusal && !(error instanceof RefusedError)) throw error;
      // A repeated request breaks a constraint, or is refused: its certificate has changed, or is there.
      const stored = await storedAnswer();
      if (stored) return stored;
      if (error instanceof RefusedError) return rejected(...error.refusals);
      if (refusal) return rejected(refusal);
      const refusals = await explain(constraint ?? '');
      if (refusals.length > 0) return rejected(...refusals);
      if (attempts === MAX_ATTEMPTS) throw error;
    }
  }
}

/** Stores the answer of a change that deploys nothing, in its transaction. */
export async function storeAnswer(
  sql: Sql,
  { actor, idempotencyKey, requestSha256 }: Request,
  answer: object,
): Promise<void> {
  if (idempotencyKey !== null) await sql.query(STORE, [actor, idempotencyKey, requestSha256, JSON.stringify(answer)]);
}
