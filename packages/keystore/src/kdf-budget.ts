import { KeystoreError } from './errors.js';

/** Iterations of one derivation: as many as the JDK takes (sun.security.pkcs12.PKCS12KeyStore, PBES2Core). */
export const MAX_ITERATIONS = 5_000_000;
/**
 * Hashes that the derivations of one file may take together. GnuTLS asks for 4.2 million where two contents are encrypted
 * (600,000 iterations, of which 3DES takes three rounds), NSS for 1.2 million; a million takes 0.5 s of CPU at most.
 */
export const MAX_HASHES = 15_000_000;

/** What is left of a file's key derivations. A file names its own iteration counts, so they need a cap. */
export class KdfBudget {
  #left = MAX_HASHES;

  /**
   * Takes a derivation from the budget before it is done.
   *
   * @param blocks hashes that the derived value is long: each takes all iterations
   * @throws KeystoreError `KEYSTORE_LIMIT_EXCEEDED`
   */
  spend(iterations: number, blocks = 1): number {
    if (iterations < 1) throw new KeystoreError('KEYSTORE_MALFORMED', 'an iteration count is below 1');
    if (iterations > MAX_ITERATIONS)
      throw new KeystoreError(
        'KEYSTORE_LIMIT_EXCEEDED',
        `the keystore asks for ${iterations} iterations of a key derivation, more than ${MAX_ITERATIONS}`,
      );
    this.#left -= iterations * blocks;
    if (this.#left < 0)
      throw new KeystoreError(
        'KEYSTORE_LIMIT_EXCEEDED',
        `the key derivations of the keystore take more than ${MAX_HASHES} hashes together`,
      );
    return iterations;
  }
}
