import { createHash } from 'node:crypto';
import { foldAlias } from '@trustcast/schema';
import { HandMarks } from '../state/hand-marks.js';

interface Identity {
  readonly alias: string;
  readonly fingerprint: string;
}

/** Entries that were lifted by hand; they are not quarantined again until their alias gets another certificate. */
export class Lifted {
  readonly #marks: HandMarks;

  constructor(stateDirectory: string) {
    this.#marks = new HandMarks(stateDirectory, 'lifted-');
  }

  has(entry: Identity): boolean {
    return this.#marks.has(idOf(entry));
  }

  add(entry: Identity): void {
    this.#marks.add(idOf(entry));
  }
}

function idOf({ alias, fingerprint }: Identity): string {
  return createHash('sha256')
    .update(`${foldAlias(alias)}\n${fingerprint}`)
    .digest('hex');
}
