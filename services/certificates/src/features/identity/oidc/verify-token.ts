import { type JWTPayload, decodeJwt, errors, jwtVerify } from 'jose';
import type { User } from '../../records/grants.js';
import { isPrincipal } from '../../records/principal.js';
import type { IssuerKeys } from './issuer-keys.js';
import type { IssuerSettings } from './issuer-settings.js';
import { IdentityProviderUnavailableError } from './unavailable.js';

/** Who a token was issued to. */
export interface VerifiedUser extends User {
  readonly name: string;
  readonly expiresAt: Date;
}

/** Why a token is not accepted, for the log and the metrics. */
export type TokenProblem =
  | 'TOO_LARGE'
  | 'NOT_A_TOKEN'
  | 'ISSUER_UNKNOWN'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'KEY_UNKNOWN'
  | 'ALGORITHM_REFUSED'
  | 'SIGNATURE_INVALID'
  | 'CLAIM_REFUSED';

export interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: Pick<IssuerKeys, 'with'>;
}

/** More than headers of HTTP can carry. With a reference to groups instead of their names providers remain far below. */
const MAX_TOKEN_LENGTH = 16_384;
const MAX_NAME_LENGTH = 128;
/** RFC 9068 and RFC 7519; others, such as `logout+jwt`, are meant for something else (RFC 8725, 3.11). */
const TYPES = ['jwt', 'at+jwt'];

/** Whether a bearer token may be one of an identity provider: three parts in base64url. */
export function looksLikeJwt(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]*\.[\w-]*$/.test(token);
}

/**
 * Verifies a token of one of these issuers.
 *
 * @throws IdentityProviderUnavailableError where it cannot be said
 */
export async function verifyToken(
  issuers: ReadonlyMap<string, Issuer>,
  token: string,
): Promise<VerifiedUser | TokenProblem> {
  if (token.length > MAX_TOKEN_LENGTH) return 'TOO_LARGE';
  const unverified = payloadOf(token);
  if (!unverified) return 'NOT_A_TOKEN';
  const issuer = typeof unverified.iss === 'string' ? issuers.get(unverified.iss) : undefined;
  if (!issuer) return 'ISSUER_UNKNOWN';
  // Also while nobody can say anything else of it.
  if (isOver(unverified)) return 'EXPIRED';
  const { settings, keys } = issuer;
  try {
    const { payload, protectedHeader } = await keys.with((keyOf) =>
      jwtVerify(token, keyOf, {
        issuer: settings.issuer,
        audience: [...settings.audience],
        algorithms: [...settings.algorithms],
        clockTolerance: settings.clockSkewSeconds,
        requiredClaims: ['exp'],
      }),
    );
    // An end that is late would be a gift to a thief; who signs in gets a new token before.
    if (isOver(payload)) return 'EXPIRED';
    return (
      (hasRefusedClaim(payload, protectedHeader.typ, settings) ? null : userOf(payload, settings)) ?? 'CLAIM_REFUSED'
    );
  } catch (error) {
    if (error instanceof IdentityProviderUnavailableError) throw error;
    return problemOf(error);
  }
}

function payloadOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

function isOver({ exp }: JWTPayload): boolean {
  return typeof exp === 'number' && exp * 1_000 <= Date.now();
}

function hasRefusedClaim(payload: JWTPayload, type: string | undefined, settings: IssuerSettings): boolean {
  const { iat, azp, client_id: client, cnf } = payload;
  if (type !== undefined && !TYPES.includes(type.toLowerCase().replace(/^application\//, ''))) return true;
  if (iat !== undefined && iat > Date.now() / 1_000 + settings.clockSkewSeconds) return true;
  // It belongs to whoever has a key, and nobody was asked for a proof (RFC 7800).
  if (cnf !== undefined) return true;
  const parties = [azp, client].filter((party) => party !== undefined);
  const { authorizedParties: known } = settings;
  return known !== null && (parties.length === 0 || parties.some((party) => !known.includes(party as string)));
}

/** null: the claims name nobody. */
function userOf(payload: JWTPayload, { issuer, claims }: IssuerSettings): VerifiedUser | null {
  const subject = claimAt(payload, claims.subject);
  const { exp = 0 } = payload;
  if (!isPrincipal(subject)) return null;
  const name = claimAt(payload, claims.name);
  const groups = [claimAt(payload, claims.groups)].flat();
  return {
    issuer,
    subject,
    name: isPrincipal(name) && name.length <= MAX_NAME_LENGTH ? name : subject,
    groups: [...new Set(groups.filter(isPrincipal))],
    expiresAt: new Date(exp * 1_000),
  };
}

function claimAt(payload: JWTPayload, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined,
    payload,
  );
}

function problemOf(error: unknown): TokenProblem {
  if (error instanceof errors.JWTExpired) return 'EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed)
    return error.claim === 'nbf' ? 'NOT_YET_VALID' : 'CLAIM_REFUSED';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return 'KEY_UNKNOWN';
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) return 'ALGORITHM_REFUSED';
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'NOT_A_TOKEN';
  // What remains is about the key, such as one that is too short.
  return 'SIGNATURE_INVALID';
}
