import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { type Registration, decodeRegistration, keyFromJwk, thumbprintOf } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from './durable-file.js';

/** Keeps what the service told at registration, so that the agent starts with everything else down. */
export class RegistrationStore {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'registration.json');
  }

  /** Null when there is none or it cannot be read; it is asked for again then. */
  load(): Registration | null {
    try {
      return decodeRegistration(JSON.parse(readOwn(this.#path)));
    } catch {
      return null;
    }
  }

  save(registration: Registration): void {
    replaceFile(this.#path, [Buffer.from(JSON.stringify(registration))], { mode: 0o600 });
  }
}

/** The signing keys that are believed: told by the service and pinned by the operator. */
export async function believedKeys(
  registration: Registration,
  pinnedKeys: readonly string[],
): Promise<Map<string, KeyObject>> {
  const keys = new Map<string, KeyObject>();
  for (const jwk of registration.signingKeys) {
    const kid = await thumbprintOf(jwk);
    if (pinnedKeys.includes(kid)) keys.set(kid, keyFromJwk(jwk));
  }
  return keys;
}
