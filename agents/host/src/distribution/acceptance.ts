import { CLOCK_SKEW_MS, type Position, type SetScope, type Statement, comparePositions } from '@trustcast/schema';

/** The furthest position that was ever accepted of an environment. */
export type HighWaterMark = Pick<Statement, 'epoch' | 'revision' | 'digest'>;

export type Verdict =
  /** Ahead of the high-water mark. */
  | 'CANDIDATE'
  /** Repeats the accepted position. */
  | 'SAME'
  /** Before the high-water mark or the floor: a duplicate or a late message, which is normal. */
  | 'OLD'
  | 'WRONG_INSTALLATION'
  | 'WRONG_ENVIRONMENT'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  /** The signer has signed two different sets for one revision. */
  | 'EQUIVOCATION';

/**
 * Evaluates a statement whose signature holds. Expiry matters only here: an accepted set stays.
 *
 * @param floor position of the environment at registration: without a mark nothing earlier is new; null where unknown
 * @param isApplied false where the set at the mark was lost: a repetition of that position brings it back
 */
export function evaluateStatement(
  statement: Statement,
  scope: SetScope,
  mark: HighWaterMark | null,
  floor: Position | null,
  isApplied: boolean,
  nowMs: number,
): Verdict {
  if (statement.installation !== scope.installation) return 'WRONG_INSTALLATION';
  if (statement.environment !== scope.environment) return 'WRONG_ENVIRONMENT';
  if (nowMs > statement.expiresAt + CLOCK_SKEW_MS) return 'EXPIRED';
  if (nowMs < statement.issuedAt - CLOCK_SKEW_MS) return 'NOT_YET_VALID';
  if (!mark) return floor && comparePositions(statement, floor) < 0 ? 'OLD' : 'CANDIDATE';
  const order = comparePositions(statement, mark);
  if (order > 0) return 'CANDIDATE';
  if (order < 0) return 'OLD';
  if (statement.digest !== mark.digest) return 'EQUIVOCATION';
  return isApplied ? 'SAME' : 'CANDIDATE';
}

/** The mark that is further, or the one that there is. */
export function furthest<T extends Position>(one: T | null, other: T | null): T | null {
  if (!one || !other) return one ?? other;
  return comparePositions(one, other) > 0 ? one : other;
}
