import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { type SigningKey, signingKeyOf } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from './durable-file.js';

/** The key with which this agent signs its reports; made at the first start, readable by the agent alone. */
export async function loadAgentKey(stateDirectory: string): Promise<SigningKey> {
  const path = join(stateDirectory, 'agent-key.pem');
  let pem: string | null = null;
  try {
    pem = readOwn(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (pem !== null) return signingKeyOf(createPrivateKey(pem));
  const { privateKey } = generateKeyPairSync('ed25519');
  replaceFile(path, [Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))], { mode: 0o600 });
  return signingKeyOf(privateKey);
}
