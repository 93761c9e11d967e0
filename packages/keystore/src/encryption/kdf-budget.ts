import { KeystoreError } from '../errors.js';
import type { Derivation } from './derivation.js';

/** Iterations of one derivation: as many as the JDK takes (sun.security.pkcs12.PKCS12KeyStore, PBES2Core). */
export const MAX_ITERATIONS = 5_000_000;
/**
 * Hashes that the derivations of one file may take together. GnuTLS asks for 4.2 million where two contents are encrypted
 * (600,000 iterations, of which 3DES takes three rounds), NSS for 1.2 million; a million takes 0.5 s of CPU at most.
 */
export const MAX_HASHES = 15_000_000;

/** What to do with such a file. */
const FEWER = 'export it anew with fewer (openssl pkcs12 -export -iter 100000), or give its certificates as PEM';

/** What is left of a file's key derivations. A file names its own iteration counts, so they need a cap. */
export class KdfBudget {
  #left = MAX_HASHES;

  /**
   * Takes derivations from the budget, all of them before the first is done.
   *
   * @throws KeystoreError `KEYSTORE_LIMIT_EXCEEDED`
   */
  reserve(...derivations: readonly Pick<Derivation, 'iterations' | 'blocks'>[]): void {
    for (const { iterations, blocks } of derivations) this.#take(iterations, blocks);
  }

  #take(iterations: number, blocks: number): void {
    if (iterations < 1) throw new KeystoreError('KEYSTORE_MALFORMED', 'an iteration count is below 1');
    if (iterations > MAX_ITERATIONS)
      throw new KeystoreError(
        'KEYSTORE_LIMIT_EXCEEDED',
        `the keystore asks for ${iterations} iterations of a key derivation, more than ${MAX_ITERATIONS}: ${FEWER}`,
      );
    this.#left -= iterations * blocks;
    if (this.#left < 0)
      throw new KeystoreError(
        'KEYSTORE_LIMIT_EXCEEDED',
        `the key derivations of the keystore take more than ${MAX_HASHES} hashes together: ${FEWER}`,
      );
  }
}
