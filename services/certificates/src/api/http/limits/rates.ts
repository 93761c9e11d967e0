import rateLimit, { type CreateRateLimitOptions } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { bearerToken } from '../../../features/identity/token.js';

export interface RateLimits {
  /** Requests of one token in a second, or of one person with any number of tokens, on the average of {@link WINDOW_S}. */
  readonly tokenPerSecond: number;
  /** Tokens that open nothing, of one address in a minute. */
  readonly refusedPerMinute: number;
}

/** Who asks, as far as it is known before anybody is asked. */
export interface Asker {
  readonly ip: string;
  readonly authorization: string | undefined;
}

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;

const WINDOW_S = 10;
/** Tokens that are remembered; what was seen longest ago is forgotten first. */
const REMEMBERED = 10_000;
/** A token that opened something lately is let in from an address whose others are refused: many hosts may share one. */
const KNOWN_MS = 10 * 60_000;

/** Bounds how often anybody may ask, and guess, before the database is asked who it is. Each process counts its own. */
export class Rates {
  readonly #limits: RateLimits;
  readonly #onLimited: (kind: 'token' | 'address') => void;
  /** By the hash of a token: by whose name it counts, a person's or its own. */
  readonly #known = new LRUCache<string, string>({ max: REMEMBERED, ttl: KNOWN_MS });
  #ofToken: Limiter | undefined;
  /** One count after the other: the plugin answers with an object that the next count of that name changes before it is read. */
  #counting: Promise<unknown> = Promise.resolve();
  #ofAddress: Limiter | undefined;

  constructor(limits: RateLimits, onLimited: (kind: 'token' | 'address') => void) {
    this.#limits = limits;
    this.#onLimited = onLimited;
  }

  /** Call it before anybody asks. */
  async attach(server: FastifyInstance): Promise<void> {
    await server.register(rateLimit, { global: false });
    const { tokenPerSecond, refusedPerMinute } = this.#limits;
    const limiter = (options: CreateRateLimitOptions) => server.createRateLimit(options);
    this.#ofToken = limiter({
      max: tokenPerSecond * WINDOW_S,
      timeWindow: WINDOW_S * 1_000,
      keyGenerator: ({ headers }) => headers.authorization ?? '',
    });
    this.#ofAddress = limiter({ max: refusedPerMinute, timeWindow: 60_000, ipv6Subnet: 64 });
  }

  /** Counts a request. @returns seconds after which it may come again; null: it may go on */
  async waitOf(asker: Asker): Promise<number | null> {
    const hash = hashOf(asker);
    if (hash !== undefined) {
      const name = this.#known.get(hash);
      const waitS = await this.#waitOfName(asker.ip, name ?? hash);
      if (waitS !== null || name !== undefined) return waitS;
    }
    const address = await this.#ofAddress?.(asRequest(asker.ip, hash), { increment: false });
    return address && !address.isAllowed && address.remaining === 0
      ? this.#limited('address', address.ttlInSeconds)
      : null;
  }

  /**
   * Notes that a token has opened something. From then on all of a person's count as one.
   *
   * @param person as the audit names him; null: the token counts by itself
   * @returns seconds after which it may come again; null: it may go on
   */
  opened(asker: Asker, person: string | null = null): Promise<number | null> | null {
    const hash = hashOf(asker);
    if (hash === undefined) return null;
    const name = person ?? hash;
    const isCounted = this.#known.get(hash) === name || name === hash;
    this.#known.set(hash, name);
    return isCounted ? null : this.#waitOfName(asker.ip, name);
  }

  async refused(asker: Asker): Promise<void> {
    const hash = hashOf(asker);
    if (hash !== undefined) this.#known.delete(hash);
    await this.#ofAddress?.(asRequest(asker.ip, hash));
  }

  #waitOfName(ip: string, name: string): Promise<number | null> {
    const counted = this.#counting.then(async () => {
      const own = await this.#ofToken?.(asRequest(ip, name));
      return own && !own.isAllowed && own.isExceeded ? this.#limited('token', own.ttlInSeconds) : null;
    });
    this.#counting = counted.catch(() => undefined);
    return counted;
  }

  #limited(kind: 'token' | 'address', seconds: number): number {
    this.#onLimited(kind);
    return Math.max(1, seconds);
  }
}

/** Each is asked for at least twice. */
const hashes = new WeakMap<Asker, string>();

/** By the token, in whatever way the header is written. Nothing that opens anything is remembered. */
function hashOf(asker: Asker): string | undefined {
  const { authorization } = asker;
  if (authorization === undefined) return undefined;
  const known = hashes.get(asker);
  if (known !== undefined) return known;
  const hash = createHash('sha256')
    .update(bearerToken(authorization) ?? authorization)
    .digest('base64');
  hashes.set(asker, hash);
  return hash;
}

/** As much of a request as the plugin looks at: a WebSocket has none. */
function asRequest(ip: string, authorization: string | undefined): FastifyRequest {
  return { ip: ip.replace(/%.*$/, ''), headers: { authorization }, routeOptions: {} } as unknown as FastifyRequest;
}
