import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { type SigningKey, signingKeyOf } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from './durable-file.js';

export const KEY_NAME = 'agent-key.pem';

/** The key with which this agent signs its reports; made at the first start, readable by the agent alone. */
export async function loadAgentKey(stateDirectory: string): Promise<SigningKey> {
  const path = join(stateDirectory, KEY_NAME);
  let pem: string | null = null;
  try {
    pem = readOwn(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (pem !== null) return signingKeyOf(createPrivateKey(pem));
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  saveAgentKey(stateDirectory, key);
  return key;
}

export function saveAgentKey(stateDirectory: string, { privateKey }: SigningKey): void {
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  replaceFile(join(stateDirectory, KEY_NAME), [pem], { mode: 0o600 });
}
