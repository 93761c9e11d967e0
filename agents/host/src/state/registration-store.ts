import { join } from 'node:path';
import { type Registration, decodeRegistration } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from '../files/replace-file.js';

/** Stores the registration, so that the agent starts while everything else is down. */
export class RegistrationStore {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'registration.json');
  }

  /** The stored registration; null where there is none or it cannot be read, and the agent registers again. */
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
