import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
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
import { type SigningKey, publicJwkOf, signingKeyOf, thumbprintOf } from '@trustcast/schema';
import { makeFolder } from '../../platform/make-folder.js';
import { StartError, explainFile } from '../../platform/start-error.js';
import type { CommandKey, StatementKey } from './statement-signer.js';

const SETTING = 'TRUSTCAST_SIGNING_KEY_FILE';

/**
 * Reads an Ed25519 key: a private one, or the public one of a key that is elsewhere; null: the file is not there.
 *
 * @param setting what names the file
 * @throws StartError
 */
export async function readKeyFile(file: string, setting = SETTING): Promise<SigningKey | PublicSigningKey | null> {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw explainFile(error, setting, "the signing key's file");
  }
  try {
    if (pem.includes('PUBLIC KEY')) {
      const publicKey = createPublicKey(pem);
      return { kid: thumbprintOf(await publicJwkOf(publicKey)), publicKey };
    }
    if ((statSync(file).mode & 0o077) === 0) return await signingKeyOf(createPrivateKey(pem));
  } catch (cause) {
    throw unusable(
      'must hold an Ed25519 private key, PKCS#8 PEM, or the public key of TRUSTCAST_SIGNING_COMMAND, SPKI PEM',
      setting,
      cause,
    );
  }
  throw unusable('must not be readable by others: chmod 600', setting);
}

type PublicSigningKey = Pick<CommandKey, 'kid' | 'publicKey'>;

/**
 * Reads the key that signs statements; null: the file is not there, and one is made at the first start.
 *
 * @param command that signs with the key, of which the file holds the public part; null: the file holds the private key
 * @throws StartError
 */
export async function readSigningKey(file: string, command: readonly string[] | null): Promise<StatementKey | null> {
  const found = await readKeyFile(file);
  if (!found) {
    if (command) throw unusable('must hold the public key of TRUSTCAST_SIGNING_COMMAND, and is not there');
    return null;
  }
  if ('privateKey' in found) {
    if (command) throw unusable('holds a private key, and TRUSTCAST_SIGNING_COMMAND signs: put the public one there');
    return found;
  }
  if (!command) throw unusable('holds a public key: put the private one there, or set TRUSTCAST_SIGNING_COMMAND');
  return { ...found, command };
}

function unusable(message: string, setting = SETTING, cause?: unknown): StartError {
  return new StartError('SIGNING_KEY_UNUSABLE', `the file of ${setting} ${message}`, cause);
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
  const made = await readKeyFile(file, setting);
  if (!made || !('privateKey' in made))
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
