export const JWK_USES = ['SIGNATURE', 'ENCRYPTION'] as const;
export type JwkUse = (typeof JWK_USES)[number];

/** The members of a public key (RFC 7518 section 6, RFC 8037 section 2). */
export interface PublicKeyMembers {
  readonly kty: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
  readonly n?: string;
  readonly e?: string;
}

const RSA = {
  SIGNATURE: ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ENCRYPTION: ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'],
} as const;
const EC_SIGNATURE = new Map([
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
]);
const EC_ENCRYPTION = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];

/** RFC 7518 sections 3.3 and 4.3 demand it. */
const MIN_RSA_BITS = 2_048;

/** What a key may be used with; nothing for a key that no JWK is made from. */
export function allowedAlgorithms({ kty, crv = '', n = '' }: PublicKeyMembers, use: JwkUse): readonly string[] {
  if (kty === 'RSA') return rsaBits(n) < MIN_RSA_BITS ? [] : RSA[use];
  if (kty === 'OKP') return crv === 'Ed25519' && use === 'SIGNATURE' ? ['EdDSA'] : [];
  const signature = kty === 'EC' ? EC_SIGNATURE.get(crv) : undefined;
  if (signature === undefined) return [];
  return use === 'SIGNATURE' ? [signature] : EC_ENCRYPTION;
}

/** As people call the key of a JWK, such as `EC P-256` or `RSA 2048`. */
export function describeKey({ kty, crv, n = '' }: PublicKeyMembers): string {
  return kty === 'RSA' ? `RSA ${rsaBits(n)}` : crv === undefined ? kty : kty === 'OKP' ? crv : `${kty} ${crv}`;
}

function rsaBits(n: string): number {
  const modulus = Buffer.from(n, 'base64url').toString('hex').replace(/^0+/, '');
  return modulus === '' ? 0 : BigInt(`0x${modulus}`).toString(2).length;
}
