import type { JwkDecision, JwkRecord } from './jwk-record.js';

/** What can be done to one JWK, and why the rest cannot. */
export interface JwkChoice {
  readonly jwk: JwkRecord;
  readonly options: readonly {
    readonly decision: JwkDecision;
    /** null: it can be chosen. */
    readonly reason: string | null;
  }[];
}

/** What a refusal about JWKs shows of them. */
export interface JwkQuestion {
  readonly jwks: readonly JwkRecord[];
  /** What can be done to all of them alike. */
  readonly options: readonly JwkDecision[];
  readonly choices: readonly JwkChoice[];
}
