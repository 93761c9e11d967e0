import { type KeyObject, createHash, randomBytes } from 'node:crypto';
import * as decode from '../text/decode.js';
import { parseEnvironmentName } from '../text/environment-name.js';
import { MalformedError, TrustcastError } from '../errors.js';
import type { KeyDocument } from '../keys/key-document.js';
import { LIMITS } from '../limits.js';
import { type Position, decodePosition } from '../set/position.js';
import { canonicalJwk, verifySelfSigned } from '../signed/self-signed.js';
import { type Ed25519Jwk, type SigningKey, keyFromJwk, publicJwkOf, thumbprintOf } from '../signed/ed25519-key.js';
import { type Signer, signDocument, verifyDocument } from '../signed/signed-document.js';

/** Paths of the agents' HTTP interface. Every request is signed (`http-signature.ts`), or carries the token of an agent that has one. */
export const agentPaths = {
  /** `POST` `{request}` with a signed `EnrollmentRequest`, answers {@link RegistrationAnswer}. */
  enroll: '/agent/v1/enroll',
  /** `POST` `{request}` with a signed {@link RegistrationRequest}, answers {@link RegistrationAnswer}. */
  register: '/agent/v1/register',
  /** `POST` `{request}` with a {@link RegistrationRequest} that another key has signed, which takes over; answers {@link RegistrationAnswer}. */
  renewKey: '/agent/v1/key',
  /** `GET`, answers {@link AgentOfItself}. */
  self: '/agent/v1/self',
  /** `POST` a base report, answers whether the base is known. */
  base: '/agent/v1/base',
  /** `POST` a held set, answers whether the service wants or has it; of an agent that is ahead of the service. */
  held: (environment: string) => `/agent/v1/environments/${environment}/held`,
  /** `GET`, answers a change message without data. */
  heartbeat: (environment: string) => `/agent/v1/environments/${environment}/heartbeat`,
  /** `POST` `{status}` with a signed status, where NATS is away; answers a change message without data, as a heartbeat does. */
  status: (environment: string) => `/agent/v1/environments/${environment}/status`,
  /** `GET ?after=<epoch>.<revision>` or without `after` for the whole set, answers a change message. */
  set: (environment: string) => `/agent/v1/environments/${environment}/set`,
} as const;

/** JWS `typ` of what an agent says when it introduces itself. */
export const REGISTRATION_REQUEST_TYPE = 'trustcast-registration-request+jwt';
/** JWS `typ` of the service's answer. */
export const REGISTRATION_TYPE = 'trustcast-registration+jwt';

/**
 * What an agent says when it introduces itself, signed with the key that it carries: whoever passes it on with another
 * token has nothing of it. The same key may register again; another key is refused.
 */
export interface RegistrationRequest {
  readonly publicKey: Ed25519Jwk;
  readonly hostname: string;
  readonly agentVersion: string;
  /** {@link registrationTokenOf} the token that it is sent with; null: it is sent with a signature of the agent's key. */
  readonly token: string | null;
  /** 32 random bytes in hexadecimal: the answer is to this request, and no earlier one. */
  readonly nonce: string;
}

/** How to reach NATS. */
export interface NatsAccess {
  readonly servers: readonly string[];
  readonly user: string | null;
  readonly password: string | null;
}

/**
 * What directs an agent: which sets it believes, and where it hears of them. All of it is signed; it believes `signingKeys`
 * only where their thumbprint is pinned.
 */
export interface Registration {
  readonly agent: string;
  readonly installation: string;
  readonly environment: { readonly id: string; readonly name: string };
  /** Greater than that of every registration of this agent before; 0: of a service that gives none. */
  readonly session: number;
  /** The service's time when it was signed, in milliseconds since the Unix epoch; missing if the service is older. */
  readonly issuedAt?: number;
  /** Where the environment was then: an agent without a set accepts none from before; missing if the service is older. */
  readonly position?: Position;
  readonly signingKeys: readonly Ed25519Jwk[];
  readonly nats: NatsAccess;
}

/** Body of the answer to a registration: the pins decide which of the keys may have signed it. */
export interface RegistrationAnswer {
  readonly signingKeys: readonly Ed25519Jwk[];
  /** Compact JWS. */
  readonly registration: string;
  /** Which keys sign statements; missing where the service has no such list. */
  readonly keyList?: KeyDocument;
}

/** SHA-256 in hexadecimal by which a request names the token that it is sent with, without telling it. */
export function registrationTokenOf(token: string): string {
  return createHash('sha256').update(`trustcast-registration/1\n${token}`).digest('hex');
}

/** Signs a request with the agent's own key. */
export async function signRegistrationRequest(
  request: Omit<RegistrationRequest, 'publicKey' | 'nonce'> & { readonly nonce?: string },
  key: SigningKey,
): Promise<string> {
  const { hostname, agentVersion, token, nonce = randomBytes(32).toString('hex') } = request;
  const publicKey = await publicJwkOf(key.privateKey);
  return signDocument(REGISTRATION_REQUEST_TYPE, { publicKey, hostname, agentVersion, token, nonce }, key);
}

/** Reads a request from untrusted text and verifies it by the key that it carries. @throws MalformedError, SignatureError */
export function verifyRegistrationRequest(compact: unknown): RegistrationRequest {
  const { publicKey, claims } = verifySelfSigned(REGISTRATION_REQUEST_TYPE, compact, LIMITS.registrationBytes);
  return {
    publicKey,
    hostname: decode.text(claims.hostname, 'hostname', 255),
    agentVersion: decode.text(claims.agentVersion, 'agentVersion', 64),
    token: decode.nullable(claims.token, 'token', decode.sha256Hex),
    nonce: decode.sha256Hex(claims.nonce, 'nonce'),
  };
}

/** Signs the answer to one request. */
export async function signRegistration(
  registration: Registration,
  request: string,
  key: SigningKey | Signer,
): Promise<string> {
  return signDocument(REGISTRATION_TYPE, { request: digestOfRequest(request), ...registration }, key);
}

/**
 * Verifies and reads the answer to `request`, by the keys that are pinned.
 *
 * @param pinned thumbprints
 * @throws TrustcastError `NO_PINNED_KEY`, `REGISTRATION_NOT_OURS`; SignatureError, MalformedError
 */
export function verifyRegistration(value: unknown, request: string, pinned: readonly string[]): Registration {
  const answer = decode.object(value, 'answer');
  const offered = decode.array(answer.signingKeys, 'signingKeys', 16).map(canonicalJwk);
  const compact = answer.registration;
  if (typeof compact !== 'string') throw new MalformedError('registration', 'must be a compact JWS');
  const keys = new Map<string, KeyObject>();
  for (const jwk of offered) {
    const kid = thumbprintOf(jwk);
    if (pinned.includes(kid)) keys.set(kid, keyFromJwk(jwk));
  }
  if (keys.size === 0) throw new TrustcastError('NO_PINNED_KEY', 'none of the service’s signing keys is pinned');
  const payload = verifyDocument(REGISTRATION_TYPE, compact, keys);
  const claims = decode.object(decode.json(payload, LIMITS.registrationBytes, 'registration'), 'registration');
  if (claims.request !== digestOfRequest(request))
    throw new TrustcastError('REGISTRATION_NOT_OURS', 'the registration answers another request');
  return decodeRegistration(claims);
}

function digestOfRequest(compact: string): string {
  return createHash('sha256').update(compact).digest('hex');
}

/** Reads a registration whose signature was verified, such as a stored one. @throws MalformedError, SignatureError */
export function decodeRegistration(value: unknown): Registration {
  const registration = decode.object(value, 'registration');
  const environment = decode.object(registration.environment, 'environment');
  const nats = decode.object(registration.nats, 'nats');
  const secret = (item: unknown, field: string) => decode.rawText(item, field);
  const servers = decode
    .array(nats.servers, 'nats.servers', 64)
    .map((url, i) => decode.text(url, `nats.servers[${i}]`));
  if (servers.length === 0) throw new MalformedError('nats.servers', 'must not be empty');
  return {
    agent: decode.uuid(registration.agent, 'agent'),
    installation: decode.uuid(registration.installation, 'installation'),
    environment: {
      id: decode.uuid(environment.id, 'environment.id'),
      name: parseEnvironmentName(environment.name, 'environment.name'),
    },
    session: decode.count(registration.session ?? 0, 'session'),
    ...(registration.issuedAt !== undefined && { issuedAt: decode.time(registration.issuedAt, 'issuedAt') }),
    ...(registration.position !== undefined && { position: decodePosition(registration.position, 'position') }),
    signingKeys: decode.array(registration.signingKeys, 'signingKeys', 16).map(canonicalJwk),
    nats: {
      servers,
      user: decode.nullable(nats.user, 'nats.user', secret),
      password: decode.nullable(nats.password, 'nats.password', secret),
    },
  };
}
