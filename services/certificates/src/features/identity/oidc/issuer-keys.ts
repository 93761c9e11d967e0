import { setTimeout as delay } from 'node:timers/promises';
import type { HttpClient } from '@trustcast/http-client';
import { type JWTVerifyGetKey, type RemoteJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose';
import type { ProblemReports } from '../../../platform/problems/problem-reports.js';
import { isSafeUrl } from './issuer-settings.js';
import { IdentityProviderUnavailableError } from './unavailable.js';

/** Keys are read again after so long, while those that are known go on being used. */
const REFRESH_MS = 5 * 60_000;
/** Keys that could not be read again for so long are not believed any more: they may have been withdrawn. */
const MAX_AGE_MS = 60 * 60_000;
/** Between two reads, whatever keys tokens name. */
const PAUSE_MS = 1_000;
const MAX_BYTES = 1024 * 1024;
const CODE = 'IDENTITY_PROVIDER_UNAVAILABLE';
/** What a token is told whose key came after those that are known, also under the id of one, or under none. */
const MISFITS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys, errors.JWSSignatureVerificationFailed];

/** The keys with which an identity provider signs, by discovery: read when the first token comes, and kept. */
export class IssuerKeys {
  readonly #issuer: string;
  readonly #client: HttpClient;
  readonly #problems: ProblemReports;
  #set: { readonly url: string; readonly remote: RemoteJWKSet } | undefined;
  /** When the reading of what is known began. */
  #readAt = -Infinity;
  #nextAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(issuer: string, client: HttpClient, problems: ProblemReports) {
    this.#issuer = issuer;
    this.#client = client;
    this.#problems = problems;
  }

  /**
   * Verifies a token with the keys that are known, and where they do not fit, with those that are there by then.
   *
   * @throws IdentityProviderUnavailableError, and what the verification throws
   */
  async with<T>(verify: (keyOf: JWTVerifyGetKey) => Promise<T>): Promise<T> {
    const asked = performance.now();
    const age = asked - this.#readAt;
    if (age > MAX_AGE_MS) await this.#read();
    else if (age > REFRESH_MS) void this.#read().catch(() => undefined);
    for (;;)
      try {
        return await verify(this.#known());
      } catch (error) {
        if (this.#readAt >= asked || !MISFITS.some((kind) => error instanceof kind)) throw error;
        // It may be newer than what is known, and newer than what is being read.
        await this.#read().catch((unavailable: unknown) => {
          // A key that is known has said no, and nothing newer is there.
          throw error instanceof errors.JWKSNoMatchingKey ? unavailable : error;
        });
      }
  }

  #known(): RemoteJWKSet {
    if (!this.#set) throw new IdentityProviderUnavailableError(this.#issuer);
    return this.#set.remote;
  }

  /** However many ask, the provider is asked one question at a time, and one a second. */
  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    const waitMs = this.#nextAt - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const began = performance.now();
    try {
      const url = await this.#discover();
      if (this.#set?.url !== url) this.#set = { url, remote: await this.#load(url) };
      else await this.#set.remote.reload();
      this.#readAt = began;
      this.#problems.ended(CODE, 'the keys of an identity provider are read again', this.#issuer);
    } catch (error) {
      this.#problems.began(CODE, 'the keys of an identity provider cannot be read; trying again', error, this.#issuer);
      throw new IdentityProviderUnavailableError(this.#issuer, error);
    } finally {
      this.#nextAt = performance.now() + PAUSE_MS;
    }
  }

  async #discover(): Promise<string> {
    const response = await this.#get(`${this.#issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    if (response.status !== 200) throw new Error(`discovery was answered with the status ${response.status}`);
    const { issuer, jwks_uri: url } = ((await response.json().catch(() => undefined)) ?? {}) as Record<string, unknown>;
    if (issuer !== this.#issuer) throw new Error('discovery was not answered by this issuer');
    if (typeof url !== 'string' || !isSafeUrl(url)) throw new Error('discovery names no jwks_uri with https');
    return url;
  }

  /** Its own time decides when it is read again, and not the first token of a flood. */
  async #load(url: string): Promise<RemoteJWKSet> {
    const remote = createRemoteJWKSet(new URL(url), {
      cacheMaxAge: Infinity,
      cooldownDuration: Infinity,
      [customFetch]: (address) => this.#get(address),
    });
    await remote.reload();
    return remote;
  }

  /** The client's deadlines end it. */
  async #get(url: string): Promise<Response> {
    const { status, body } = await this.#client.send({
      method: 'GET',
      url: new URL(url),
      headers: { accept: 'application/json' },
      maxBytes: MAX_BYTES,
    });
    // A Response with this status has no body.
    return status < 200 || [204, 205, 304].includes(status)
      ? new Response(null, { status: 502 })
      : new Response(new Uint8Array(body), { status });
  }
}
