import { createHash } from 'node:crypto';
import { foldAlias } from '@trustcast/schema';
import { HandMarks } from '../state/hand-marks.js';
import type { Quarantined } from './quarantine.js';

/** The entries that somebody put back by hand: they are never kept out again, until their alias gets another certificate. */
export class Lifted {
  readonly #marks: HandMarks;

  constructor(stateDirectory: string) {
    this.#marks = new HandMarks(stateDirectory, 'lifted-');
  }

  has(entry: Quarantined): boolean {
    return this.#marks.has(idOf(entry));
  }

  add(entry: Quarantined): void {
    this.#marks.add(idOf(entry));
  }
}

function idOf({ alias, fingerprint }: Quarantined): string {
  return createHash('sha256')
    .update(`${foldAlias(alias)}\n${fingerprint}`)
    .digest('hex');
}
