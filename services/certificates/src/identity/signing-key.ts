import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type SigningKey, TrustcastError, signingKeyOf } from '@trustcast/schema';

/**
 * Reads the Ed25519 key that signs statements, and makes it at the first start.
 *
 * @throws TrustcastError `SIGNING_KEY_UNUSABLE`
 */
export async function openSigningKey(file: string): Promise<SigningKey> {
  try {
    return await readKey(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(file), { recursive: true });
  writeOnce(file, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
  return readKey(file);
}

async function readKey(file: string): Promise<SigningKey> {
  const unusable = (message: string, cause?: unknown) =>
    new TrustcastError('SIGNING_KEY_UNUSABLE', `the signing key's file ${message}`, { cause });
  const pem = readFileSync(file, 'utf8');
  if ((statSync(file).mode & 0o077) !== 0) throw unusable('must not be readable by others: chmod 600');
  try {
    return await signingKeyOf(createPrivateKey(pem));
  } catch (cause) {
    throw unusable('must hold an Ed25519 private key, PKCS#8 PEM', cause);
  }
}

/** Several processes may start at once: a complete file appears, and the first one stays. */
function writeOnce(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.new`;
  rmSync(temporary, { force: true });
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  chmodSync(temporary, 0o600);
  try {
    linkSync(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
