import {
  CLOCK_SKEW_MS,
  type Ed25519Jwk,
  type HttpSignature,
  TrustcastError,
  checkHttpSignature,
  keyFromJwk,
} from '@trustcast/schema';
import { LRUCache } from 'lru-cache';
import type { Sql } from '../../platform/postgres/statement.js';
import { batched } from './batched.js';
import { noteNonces } from './sql/request-nonces.js';

/** A signature is good for so long before and after its time, and its nonce is remembered for as long. */
const REMEMBERED_S = (2 * CLOCK_SKEW_MS) / 1_000 + 60;
/** Of one process. PostgreSQL has all of them. */
const MAX_REMEMBERED = 200_000;

/** Why a signed request is not believed. The message says what to do. */
export class UnbelievedError extends TrustcastError {}

/** Verifies what is signed, and believes no request twice: neither in this process nor in another one. */
export class SignedRequests {
  readonly #note: (key: string) => Promise<true | null>;
  readonly #seen = new LRUCache<string, true>({ max: MAX_REMEMBERED, ttl: REMEMBERED_S * 1_000 });
  readonly #installation: string;
  readonly #now: () => number;

  constructor(sql: Sql, installation: string, now: () => number = Date.now) {
    this.#note = batched((keys) => noteNonces(sql, keys, REMEMBERED_S));
    this.#installation = installation;
    this.#now = now;
  }

  /** Refuses what is too old or too new, and what is for somebody else, before anybody is asked. @throws UnbelievedError */
  check({ created, request }: HttpSignature): void {
    const now = this.#now();
    const signedAt = created * 1_000;
    if (Math.abs(now - signedAt) > CLOCK_SKEW_MS)
      throw new UnbelievedError(
        'CLOCK_SKEW',
        `the request was signed at ${new Date(signedAt).toISOString()} by the clock of the host, and the service's clock says ` +
          `${new Date(now).toISOString()}: set the one that is wrong; they may be ${CLOCK_SKEW_MS / 60_000} minutes apart`,
      );
    if (request.installation !== undefined && request.installation !== this.#installation)
      throw new UnbelievedError(
        'OTHER_INSTALLATION',
        'the request is for another installation: correct the URL of the service, or enroll the host here',
      );
  }

  /** Verifies a signature with the key of the one who is said to have made it. @throws UnbelievedError, SignatureError */
  async verify(signature: HttpSignature, key: Ed25519Jwk): Promise<void> {
    checkHttpSignature(signature, keyFromJwk(key));
    const id = `${signature.keyId} ${signature.nonce}`;
    const replayed = new UnbelievedError(
      'REQUEST_REPLAYED',
      'a request with this signature was answered already: sign each request anew, with a nonce of its own',
    );
    if (this.#seen.has(id)) throw replayed;
    this.#seen.set(id, true);
    try {
      if ((await this.#note(id)) === null) throw replayed;
    } catch (error) {
      // Where PostgreSQL cannot write, hosts may go on reading: what changes something fails by itself.
      if (error instanceof UnbelievedError || signature.request.method !== 'GET') throw error;
    }
  }
}
