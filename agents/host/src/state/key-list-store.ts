import { join } from 'node:path';
import { type KeyDocument, parseKeyDocument } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from '../files/replace-file.js';

export const KEY_LIST_NAME = 'keys.json';

/** Stores roots and list of the signing keys: none that is older is taken, also after a restart. */
export class KeyListStore {
  readonly #path: string;

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, KEY_LIST_NAME);
  }

  /** The stored document, which is not verified; null where there is none or it cannot be read. */
  load(): KeyDocument | null {
    try {
      return parseKeyDocument(readOwn(this.#path));
    } catch {
      return null;
    }
  }

  save(document: KeyDocument): void {
    replaceFile(this.#path, [Buffer.from(JSON.stringify(document))], { mode: 0o600 });
  }
}
