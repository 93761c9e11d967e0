import { type KeyObject, createHash, randomBytes, sign, verify } from 'node:crypto';
import { SignatureError } from '../errors.js';

/**
 * HTTP Message Signatures (RFC 9421) with Content-Digest (RFC 9530), in the one form that agents send: Ed25519, a fixed list
 * of components, parameters in a fixed order. `docs/protocol.md` describes it.
 */

/** Parties that sign: an agent with its key, and a host that enrolls with the key of its enrollment token. */
export const HTTP_SIGNATURE_TAGS = ['trustcast-agent', 'trustcast-enrollment'] as const;
export type HttpSignatureTag = (typeof HTTP_SIGNATURE_TAGS)[number];

const LABEL = 'trustcast';
const COMMON = ['@method', '@path', '@query', 'content-digest'] as const;
const COMPONENTS: Readonly<Record<HttpSignatureTag, readonly string[]>> = {
  // A request to one installation is worth nothing to another one.
  'trustcast-agent': [...COMMON, 'trustcast-installation'],
  // The key of an enrollment token belongs to one installation, which the host does not know yet.
  'trustcast-enrollment': COMMON,
};

/** A request as it is signed. */
export interface SignableRequest {
  readonly method: string;
  /** Path and query as the service sees them, without a prefix that a proxy takes away. */
  readonly target: string;
  /** Value of `Content-Digest`: {@link contentDigestOf} the body. */
  readonly contentDigest: string;
  /** UUID of the installation; for requests of agents. */
  readonly installation?: string;
}

/** What a signature says of itself; nothing of it is believed before {@link checkHttpSignature}. */
export interface HttpSignature {
  readonly tag: HttpSignatureTag;
  /** The signer's public key: `x` of its JWK. */
  readonly keyId: string;
  /** Time of signing, in seconds since the Unix epoch. */
  readonly created: number;
  /** 16 random bytes in base64url. */
  readonly nonce: string;
  readonly signature: Buffer;
  readonly request: SignableRequest;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Value of `Content-Digest` for a body (RFC 9530). */
export function contentDigestOf(body: string | Uint8Array): string {
  return contentDigest(createHash('sha256').update(body).digest());
}

/** Value of `Content-Digest` for a SHA-256. */
export function contentDigest(sha256: Uint8Array): string {
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** The lines that are signed (RFC 9421, 2.5). @param params the value of the member of `Signature-Input` */
export function signatureBase(components: readonly (readonly [name: string, value: string])[], params: string): string {
  const lines = components.map(([name, value]) => `"${name}": ${value}`);
  return [...lines, `"@signature-params": ${params}`].join('\n');
}

function baseOf(
  tag: HttpSignatureTag,
  { method, target, contentDigest, installation }: SignableRequest,
  params: string,
) {
  const at = target.indexOf('?');
  const values: Readonly<Record<string, string>> = {
    '@method': method,
    '@path': at < 0 ? target : target.slice(0, at),
    '@query': at < 0 ? '?' : target.slice(at),
    'content-digest': contentDigest,
    'trustcast-installation': installation ?? '',
  };
  return signatureBase(
    COMPONENTS[tag].map((name) => [name, values[name] ?? ''] as const),
    params,
  );
}

function paramsOf(tag: HttpSignatureTag, created: number, nonce: string, keyId: string): string {
  const components = COMPONENTS[tag].map((name) => `"${name}"`).join(' ');
  return `(${components});created=${created};nonce="${nonce}";alg="ed25519";keyid="${keyId}";tag="${tag}"`;
}

export interface SignOptions {
  readonly tag: HttpSignatureTag;
  readonly privateKey: KeyObject;
  /** `x` of the public key's JWK. */
  readonly keyId: string;
  /** Milliseconds since the Unix epoch. */
  readonly now?: number;
  readonly nonce?: string;
}

/** Signs a request. @returns the header fields that it is sent with */
export function signHttpRequest(
  request: SignableRequest,
  { tag, privateKey, keyId, now = Date.now(), nonce = randomBytes(16).toString('base64url') }: SignOptions,
): Record<string, string> {
  const params = paramsOf(tag, Math.floor(now / 1_000), nonce, keyId);
  const signature = sign(null, Buffer.from(baseOf(tag, request, params)), privateKey);
  return {
    'content-digest': request.contentDigest,
    ...(request.installation !== undefined && { 'trustcast-installation': request.installation }),
    'signature-input': `${LABEL}=${params}`,
    signature: `${LABEL}=:${signature.toString('base64')}:`,
  };
}

const INPUT = new RegExp(
  `^${LABEL}=\\(([^)]*)\\);created=([1-9]\\d{0,10});nonce="([A-Za-z0-9_-]{22})";alg="ed25519";` +
    `keyid="([A-Za-z0-9_-]{43})";tag="(${HTTP_SIGNATURE_TAGS.join('|')})"$`,
);
const SIGNATURE = new RegExp(`^${LABEL}=:([A-Za-z0-9+/]{86}==):$`);
const DIGEST = /^sha-256=:[A-Za-z0-9+/]{43}=:$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the signature of a request from its header.
 *
 * @param target path and query as they came
 * @returns null for a request without one
 * @throws SignatureError `SIGNATURE_MALFORMED` for anything but the one form
 */
export function readHttpSignature(method: string, target: string, headers: Headers): HttpSignature | null {
  const [input, value] = [headers['signature-input'], headers.signature];
  if (input === undefined && value === undefined) return null;
  const malformed = (what: string) => new SignatureError('SIGNATURE_MALFORMED', what);
  const [, covered, created, nonce = '', keyId = '', named] = INPUT.exec(String(input)) ?? [];
  const tag = HTTP_SIGNATURE_TAGS.find((each) => each === named);
  if (tag === undefined) throw malformed('Signature-Input has not the form of docs/protocol.md');
  if (covered !== COMPONENTS[tag].map((name) => `"${name}"`).join(' '))
    throw malformed(`the signature must cover ${COMPONENTS[tag].join(', ')}, in this order`);
  const [, signature = ''] = SIGNATURE.exec(String(value)) ?? [];
  const bytes = Buffer.from(signature, 'base64');
  if (signature === '' || bytes.toString('base64') !== signature)
    throw malformed('Signature must be 64 bytes in canonical base64');
  const digest = headers['content-digest'];
  if (typeof digest !== 'string' || !DIGEST.test(digest))
    throw malformed('Content-Digest must be one SHA-256: sha-256=:<base64>:');
  const installation = headers['trustcast-installation'];
  const isOfAgent = tag === 'trustcast-agent';
  if (isOfAgent && (typeof installation !== 'string' || !UUID.test(installation)))
    throw malformed('Trustcast-Installation must be a UUID');
  const request: SignableRequest = {
    method,
    target,
    contentDigest: digest,
    ...(isOfAgent && { installation: String(installation) }),
  };
  return { tag, keyId, created: Number(created), nonce, signature: bytes, request };
}

/** Verifies what was read by the signer's public key. @throws SignatureError `SIGNATURE_INVALID` */
export function checkHttpSignature(
  { tag, keyId, created, nonce, signature, request }: HttpSignature,
  key: KeyObject,
): void {
  const base = baseOf(tag, request, paramsOf(tag, created, nonce, keyId));
  if (!verify(null, Buffer.from(base), key, signature))
    throw new SignatureError('SIGNATURE_INVALID', 'the signature does not match the request');
}
