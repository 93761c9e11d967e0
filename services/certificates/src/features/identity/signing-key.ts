import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '@trustcast/config';
import { type SigningKey, signingKeyOf } from '@trustcast/schema';
import { makeFolder } from '../../platform/make-folder.js';
import { StartError, explainFile } from '../../platform/start-error.js';

const SETTING = 'TRUSTCAST_SIGNING_KEY_FILE';

/**
 * Reads the Ed25519 key that signs statements; null: the file is not there.
 *
 * @param setting what names the file
 * @throws StartError
 */
export async function readSigningKey(file: string, setting = SETTING): Promise<SigningKey | null> {
  const unusable = (message: string, cause?: unknown) =>
    new StartError('SIGNING_KEY_UNUSABLE', `the file of ${setting} ${message}`, cause);
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw explainFile(error, setting, "the signing key's file");
  }
  if ((statSync(file).mode & 0o077) !== 0) throw unusable('must not be readable by others: chmod 600');
  try {
    return await signingKeyOf(createPrivateKey(pem));
  } catch (cause) {
    throw unusable('must hold an Ed25519 private key, PKCS#8 PEM', cause);
  }
}

/** Makes a key, unless another process has made it meanwhile. @throws StartError */
export async function makeSigningKey(file: string, setting = SETTING): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    makeFolder(dirname(file));
    writeOnce(file, privateKey.export({ format: 'pem', type: 'pkcs8' }) as string);
  } catch (error) {
    throw explainFile(error, setting, "the signing key's file");
  }
  const made = await readSigningKey(file, setting);
  if (!made)
    throw new StartError('SIGNING_KEY_UNUSABLE', 'the signing key was removed as soon as it was made; start again');
  return made;
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
    if (!isErrno(error, 'EEXIST')) throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}
