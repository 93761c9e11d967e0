import { type HttpSignature, TrustcastError } from '@trustcast/schema';
import { batched } from '../../identity/batched.js';
import { type SignedRequests, UnbelievedError } from '../../identity/signed-requests.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { type EnrollmentIdentity, tokensByKey } from './sql/enroll.js';

/** Says which enrollment token a request is signed with. @throws TrustcastError that is not retryable: none that may be used */
export type IdentifyEnrollment = (signature: HttpSignature | null) => Promise<EnrollmentIdentity>;

const CREATE = 'create another one with createEnrollmentToken';

export function enrollmentAuthenticator(sql: Sql, signed: SignedRequests): IdentifyEnrollment {
  const byKey = batched((keyIds) => tokensByKey(sql, keyIds));
  return async (signature) => {
    if (signature?.tag !== 'trustcast-enrollment')
      throw new UnbelievedError('UNAUTHENTICATED', 'the request must be signed with the key of an enrollment token');
    signed.check(signature);
    const token = await byKey(signature.keyId);
    if (!token)
      throw new TrustcastError(
        'ENROLLMENT_TOKEN_UNKNOWN',
        `the service has no such enrollment token: it is of another installation, or its environment was deleted; ${CREATE}`,
      );
    await signed.verify(signature, { kty: 'OKP', crv: 'Ed25519', x: token.keyId });
    if (token.revokedAt !== null)
      throw new TrustcastError(
        'ENROLLMENT_TOKEN_REVOKED',
        `the enrollment token was revoked at ${token.revokedAt.toISOString()}: ${CREATE}`,
      );
    if (token.isExpired)
      throw new TrustcastError(
        'ENROLLMENT_TOKEN_EXPIRED',
        `the enrollment token expired at ${token.expiresAt.toISOString()}: ${CREATE}`,
      );
    return token;
  };
}
