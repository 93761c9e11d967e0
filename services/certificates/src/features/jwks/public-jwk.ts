import { X509Certificate, createHash } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK } from 'jose';
import {
  JWK_USES,
  type JwkUse,
  type PublicKeyMembers,
  allowedAlgorithms,
  describeKey,
} from '../records/jwk-algorithm.js';
import type { PublicJwk } from '../records/jwk-record.js';
import { type Result, accepted, rejected } from '../records/result.js';

export interface JwkPurpose {
  readonly use: JwkUse;
  readonly algorithm: string;
}

/** The JWK of a certificate's key, or the reason its key cannot be used like this. */
export async function publicJwk(der: Uint8Array, { use, algorithm }: JwkPurpose): Promise<Result<PublicJwk>> {
  const members = await publicMembers(der);
  const allowed = members ? allowedAlgorithms(members, use) : [];
  if (!members || !allowed.includes(algorithm)) {
    const key = members ? describeKey(members) : 'of this kind';
    const choice = allowed.length > 0 ? `one of ${allowed.join(', ')}` : 'no algorithm at all';
    const message = `a key ${key} takes ${choice} for ${use}`;
    return rejected({ code: 'ALGORITHM_NOT_ALLOWED', message, field: ['algorithm'], allowed });
  }
  const thumbprint = (hash: string) => createHash(hash).update(der).digest('base64url');
  return accepted({
    ...members,
    kid: await calculateJwkThumbprint(members, 'sha256'),
    use: use === 'SIGNATURE' ? 'sig' : 'enc',
    alg: algorithm,
    x5c: [Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64')],
    x5t: thumbprint('sha1'),
    'x5t#S256': thumbprint('sha256'),
  });
}

/** Uses and algorithms of the JWKs that a certificate allows; a use with no algorithm is left out. @param content DER or PEM */
export async function jwkAlgorithms(
  content: Uint8Array | string,
): Promise<readonly { readonly use: JwkUse; readonly algorithms: readonly string[] }[]> {
  const members = await publicMembers(content);
  if (!members) return [];
  return JWK_USES.map((use) => ({ use, algorithms: allowedAlgorithms(members, use) })).filter(
    ({ algorithms }) => algorithms.length > 0,
  );
}

/** Members of the public key; undefined: no JWK can hold this kind of key. */
async function publicMembers(content: Uint8Array | string): Promise<PublicKeyMembers | undefined> {
  try {
    // Named one by one: nothing else of an exported key is ever published.
    const { kty, crv, x, y, n, e } = await exportJWK(new X509Certificate(content).publicKey);
    const named = Object.entries({ crv, x, y, n, e }).filter(([, value]) => value !== undefined);
    return kty === undefined ? undefined : { kty, ...(Object.fromEntries(named) as Omit<PublicKeyMembers, 'kty'>) };
  } catch {
    return undefined;
  }
}
