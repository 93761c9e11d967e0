import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@trustcast/config';
import { type SigningKey, signingKeyOf } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { removeOwn } from '../files/remove-file.js';
import { replaceFile } from '../files/replace-file.js';
import { readEnrollment } from './enrollment-store.js';

export const KEY_NAME = 'agent-key.pem';
/** A key that is to take over, and that the service may know already. */
const NEXT_NAME = 'agent-key.next.pem';

/** The key with which this agent signs; made at the first start, readable by the agent alone. */
export async function loadAgentKey(stateDirectory: string): Promise<SigningKey> {
  const [key, next] = [await readKey(stateDirectory, KEY_NAME), await readKey(stateDirectory, NEXT_NAME)];
  // A process ended after the service had taken the next key, and before that was the key.
  if (next && keyIdOf(next) === readEnrollment(stateDirectory)?.keyId) return promoteKey(stateDirectory, next);
  if (key) return key;
  const made = await newKey();
  saveAgentKey(stateDirectory, made);
  return made;
}

/** The key of a state directory; null where there is none, or where it cannot be read. */
export async function existingKey(stateDirectory: string): Promise<SigningKey | null> {
  try {
    return await readKey(stateDirectory, KEY_NAME);
  } catch {
    return null;
  }
}

/** The key that was to take over when the agent ended; null where none was. */
export function begunKey(stateDirectory: string): Promise<SigningKey | null> {
  return readKey(stateDirectory, NEXT_NAME);
}

/** Forgets the key that was to take over. */
export function dropNextKey(stateDirectory: string): void {
  removeOwn(join(stateDirectory, NEXT_NAME));
}

/** Milliseconds since the key was written; null where there is no file. */
export function keyAgeMs(stateDirectory: string): number | null {
  try {
    return Date.now() - lstatSync(join(stateDirectory, KEY_NAME)).mtimeMs;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** The key that is to take over: the one of an attempt that was interrupted, or a new one. */
export async function nextKey(stateDirectory: string): Promise<SigningKey> {
  const begun = await readKey(stateDirectory, NEXT_NAME);
  if (begun) return begun;
  const made = await newKey();
  saveKey(stateDirectory, NEXT_NAME, made);
  return made;
}

/** Makes the next key the key. */
export function promoteKey(stateDirectory: string, next: SigningKey): SigningKey {
  saveAgentKey(stateDirectory, next);
  removeOwn(join(stateDirectory, NEXT_NAME));
  return next;
}

export function saveAgentKey(stateDirectory: string, key: SigningKey): void {
  saveKey(stateDirectory, KEY_NAME, key);
}

/** `x` of the public key's JWK, by which signatures of HTTP requests name it. */
export function keyIdOf({ privateKey }: SigningKey): string {
  return createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
}

/** The key of a running agent, which may be renewed meanwhile. */
export class AgentKey {
  #current: SigningKey;

  constructor(key: SigningKey) {
    this.#current = key;
  }

  get current(): SigningKey {
    return this.#current;
  }

  replace(key: SigningKey): void {
    this.#current = key;
  }
}

function newKey(): Promise<SigningKey> {
  return signingKeyOf(generateKeyPairSync('ed25519').privateKey);
}

async function readKey(stateDirectory: string, name: string): Promise<SigningKey | null> {
  try {
    return await signingKeyOf(createPrivateKey(readOwn(join(stateDirectory, name))));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

function saveKey(stateDirectory: string, name: string, { privateKey }: SigningKey): void {
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  replaceFile(join(stateDirectory, name), [pem], { mode: 0o600 });
}
