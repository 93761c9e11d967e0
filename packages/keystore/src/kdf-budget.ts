import { KeystoreError } from './errors.js';

/** Iterations that one file may ask for, all derivations together: 4.9 million burnt 5 s of CPU. */
const MAX_ITERATIONS = 600_000;

/** What is left of a file's key derivations. A file names its own iteration counts, so they need a cap. */
export class KdfBudget {
  #left = MAX_ITERATIONS;

  /** @throws KeystoreError `KEYSTORE_LIMIT_EXCEEDED` */
  spend(iterations: number): number {
    if (iterations < 1) throw new KeystoreError('KEYSTORE_MALFORMED', 'an iteration count is below 1');
    this.#left -= iterations;
    if (this.#left < 0)
      throw new KeystoreError(
        'KEYSTORE_LIMIT_EXCEEDED',
        `the keystore asks for more than ${MAX_ITERATIONS} iterations of key derivation`,
      );
    return iterations;
  }
}
