import { type KeyObject, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { errnoOf, isErrno } from '@trustcast/config';
import {
  type Ed25519Jwk,
  type KeyDocument,
  type SigningKey,
  TrustcastError,
  parseKeyDocument,
  publicJwkOf,
  thumbprintOf,
} from '@trustcast/schema';

/** What keeps a command from its work; the message says what to do. */
export class KeysError extends Error {}

/** A key of a file; `privateKey` null: another person has that. */
export interface FileKey {
  readonly kid: string;
  readonly jwk: Ed25519Jwk;
  readonly privateKey: KeyObject | null;
}

/** Reads an Ed25519 key in PEM, private or public. @throws KeysError */
export async function readKey(path: string): Promise<FileKey> {
  const pem = readText(path);
  const isPrivate = pem.includes('PRIVATE KEY');
  if (isPrivate && (statSync(path).mode & 0o077) !== 0)
    throw new KeysError(`${path} must not be readable by others: chmod 600 ${path}`);
  try {
    const key = isPrivate ? createPrivateKey(pem) : createPublicKey(pem);
    const jwk = await publicJwkOf(key);
    return { kid: thumbprintOf(jwk), jwk, privateKey: isPrivate ? key : null };
  } catch {
    throw new KeysError(`${path} must hold one Ed25519 key in PEM without a passphrase, PKCS#8 or SPKI`);
  }
}

/** Reads a key that must be private. @throws KeysError */
export async function readPrivateKey(path: string): Promise<SigningKey & { readonly jwk: Ed25519Jwk }> {
  const { kid, jwk, privateKey } = await readKey(path);
  if (!privateKey) throw new KeysError(`${path} holds a public key, and a private one signs`);
  return { kid, jwk, privateKey };
}

/** Reads a key, or makes one in a file for its owner alone. @throws KeysError */
export async function readOrMakeKey(path: string): Promise<FileKey> {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    write(path, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, { mode: 0o600, flag: 'wx' });
  }
  return readKey(path);
}

/** Reads what the other commands have written. @throws KeysError */
export function readDocument(path: string): KeyDocument {
  try {
    return parseKeyDocument(readText(path));
  } catch (error) {
    if (!(error instanceof TrustcastError)) throw error;
    throw new KeysError(`${path} is no key list: ${error.message}`);
  }
}

/** Replaces the file as a whole. Nothing in it is secret. @throws KeysError */
export function writeDocument(path: string, document: KeyDocument): void {
  const next = `${path}.new`;
  write(next, `${JSON.stringify(document, null, 2)}\n`, { mode: 0o644 });
  renameSync(next, path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeysError(
      isErrno(error, 'ENOENT') ? `there is no file ${path}` : `${path} cannot be read (${errnoOf(error)})`,
    );
  }
}

function write(path: string, text: string, options: { readonly mode: number; readonly flag?: string }): void {
  try {
    writeFileSync(path, text, options);
  } catch (error) {
    throw new KeysError(`${path} cannot be written (${errnoOf(error)})`);
  }
}
