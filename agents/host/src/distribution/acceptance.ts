import { CLOCK_SKEW_MS, type Position, type SetScope, type Statement, comparePositions } from '@trustcast/schema';

/** The furthest that was ever accepted of an environment. */
export type HighWaterMark = Pick<Statement, 'epoch' | 'revision' | 'digest'>;

export type Verdict =
  /** Ahead of the high-water mark. */
  | 'CANDIDATE'
  /** Says again what was accepted. */
  | 'SAME'
  /** Before the high-water mark or the floor: a duplicate or a late message, which is normal. */
  | 'OLD'
  | 'WRONG_INSTALLATION'
  | 'WRONG_ENVIRONMENT'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  /** The signer said two different things of one revision. */
  | 'EQUIVOCATION';

/**
 * Judges a statement whose signature holds. Expiry matters here only: what was accepted stays.
 *
 * @param floor where the environment was when we registered: without a mark nothing from before is new; null: nobody said
 * @param isApplied false where the set at the mark was lost: what says again what was accepted then brings it back
 */
export function judge(
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
