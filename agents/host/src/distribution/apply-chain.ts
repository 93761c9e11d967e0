import { type CertificateSet, EMPTY_SET, TrustcastError, applyDelta, digestOf } from '@trustcast/schema';
import type { Accepted } from '../state/state-store.js';
import type { Candidate } from './pending-changes.js';

/**
 * Applies messages to a set, and checks the result by the digest of the last one: it is signed, and covers all steps.
 *
 * @throws TrustcastError `DIGEST_MISMATCH`, or where a message does not apply
 */
export function applyChain(set: CertificateSet, chain: readonly Candidate[], last: Candidate): Accepted {
  let next = set;
  for (const { message } of chain) next = applyDelta(message.from ? next : EMPTY_SET, message);
  if (digestOf(last.statement, next) !== last.statement.digest)
    throw new TrustcastError('DIGEST_MISMATCH', 'the data does not give the digest that was signed');
  return { statement: last.statement, compact: last.message.statement, set: next };
}
