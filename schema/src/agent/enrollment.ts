import { randomBytes } from 'node:crypto';
import * as decode from '../text/decode.js';
import { parseEnvironmentName } from '../text/environment-name.js';
import { LIMITS } from '../limits.js';
import { type Ed25519Jwk, type SigningKey, publicJwkOf } from '../signed/ed25519-key.js';
import { signDocument } from '../signed/signed-document.js';
import { verifySelfSigned } from '../signed/self-signed.js';

/** JWS `typ` of the request by which a host enrolls. */
export const ENROLLMENT_REQUEST_TYPE = 'trustcast-enrollment-request+jwt';

/**
 * What a host says that enrolls, signed with the key that it made: so it has that key. The HTTP request around it is signed
 * with the key of the enrollment token. The answer is that of a registration.
 */
export interface EnrollmentRequest {
  readonly publicKey: Ed25519Jwk;
  /** Name of the agent in its environment. */
  readonly name: string;
  /** Name of the environment that the host is set up for; another one than the token's is refused. */
  readonly environment: string;
  readonly hostname: string;
  readonly agentVersion: string;
  /** `x` of the enrollment token's public key: the request is of no use with another token. */
  readonly token: string;
  /** 32 random bytes in hexadecimal. */
  readonly nonce: string;
}

/** Signs a request with the host's own key. */
export async function signEnrollmentRequest(
  request: Omit<EnrollmentRequest, 'publicKey' | 'nonce'> & { readonly nonce?: string },
  key: SigningKey,
): Promise<string> {
  const { name, environment, hostname, agentVersion, token, nonce = randomBytes(32).toString('hex') } = request;
  const publicKey = await publicJwkOf(key.privateKey);
  const claims = { publicKey, name, environment, hostname, agentVersion, token, nonce };
  return signDocument(ENROLLMENT_REQUEST_TYPE, claims, key);
}

/** Reads a request and verifies it by the key that it carries. @throws MalformedError, LimitExceededError, SignatureError */
export function verifyEnrollmentRequest(compact: unknown): EnrollmentRequest {
  const { publicKey, claims } = verifySelfSigned(ENROLLMENT_REQUEST_TYPE, compact, LIMITS.registrationBytes);
  return {
    publicKey,
    name: decode.text(claims.name, 'name', 128),
    environment: parseEnvironmentName(claims.environment, 'environment'),
    hostname: decode.text(claims.hostname, 'hostname', 255),
    agentVersion: decode.text(claims.agentVersion, 'agentVersion', 64),
    token: decode.rawText(claims.token, 'token', 43),
    nonce: decode.sha256Hex(claims.nonce, 'nonce'),
  };
}
