import type { SetScope } from '../set/certificate-set.js';
import * as decode from '../text/decode.js';
import { LimitExceededError, MalformedError } from '../errors.js';
import { LIMITS, STATEMENT_LIFETIME_MS } from '../limits.js';
import type { Position } from '../set/position.js';
import { type SigningKey, type VerificationKeys } from './ed25519-key.js';
import { type Signer, signDocument, verifyDocument } from './signed-document.js';

/** JWS `typ` of a statement. */
export const STATEMENT_TYPE = 'trustcast-statement+jwt';

/** The claim "environment E, epoch, revision R has the set with this digest, valid until T". */
export interface Statement extends Position, SetScope {
  /** {@link digestOf} the set. */
  readonly digest: string;
  /** Milliseconds since the Unix epoch, by PostgreSQL's `clock_timestamp()`. */
  readonly issuedAt: number;
  /** Milliseconds since the Unix epoch; at most {@link STATEMENT_LIFETIME_MS} after `issuedAt`. */
  readonly expiresAt: number;
}

/** Signs "this is the set now". Statements are signed when they are sent and never stored, so a backlog cannot expire. */
export async function signStatement(claim: Omit<Statement, 'expiresAt'>, key: SigningKey | Signer): Promise<string> {
  const { installation, environment, epoch, revision, digest, issuedAt } = claim;
  const expiresAt = issuedAt + STATEMENT_LIFETIME_MS;
  return signDocument(STATEMENT_TYPE, { installation, environment, epoch, revision, digest, issuedAt, expiresAt }, key);
}

/**
 * Verifies the signature of a statement and reads its claims. Whether they are acceptable (installation, environment,
 * time, position) is for the caller to check. Claims that are not known are ignored.
 *
 * @throws SignatureError, MalformedError, LimitExceededError
 */
export function verifyStatement(compact: string, keys: VerificationKeys): Statement {
  if (compact.length > LIMITS.statementBytes)
    throw new LimitExceededError('statement in bytes', LIMITS.statementBytes, compact.length);
  const payload = verifyDocument(STATEMENT_TYPE, compact, keys);
  const claims = decode.object(decode.json(payload, LIMITS.statementBytes, 'statement'), 'statement');
  const statement: Statement = {
    installation: decode.uuid(claims.installation, 'statement.installation'),
    environment: decode.uuid(claims.environment, 'statement.environment'),
    epoch: decode.int32(claims.epoch, 'statement.epoch'),
    revision: decode.int32(claims.revision, 'statement.revision'),
    digest: decode.sha256Hex(claims.digest, 'statement.digest'),
    issuedAt: decode.count(claims.issuedAt, 'statement.issuedAt'),
    expiresAt: decode.count(claims.expiresAt, 'statement.expiresAt'),
  };
  const lifetimeMs = statement.expiresAt - statement.issuedAt;
  if (lifetimeMs <= 0 || lifetimeMs > STATEMENT_LIFETIME_MS)
    throw new MalformedError('statement.expiresAt', 'must be after issuedAt by at most ten minutes');
  return statement;
}
