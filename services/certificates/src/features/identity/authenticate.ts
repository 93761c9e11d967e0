import type { Caller } from '../records/grants.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { noteTokenUse, tokenOwners } from './sql/token-owner.js';
import { batched } from './batched.js';
import { looksLikeJwt } from './oidc/verify-token.js';
import { bearerToken, isMistyped, tokenSha256 } from './token.js';

/** Says whose an `Authorization` header is; null: nobody's. */
export type Authenticate = (header: string | undefined) => Promise<Caller | null>;

/** With the time between two questions it makes the two seconds that are promised for a revocation. */
const TOKEN_CACHE_TTL_MS = 1_000;
const MAX_CACHED = 1_000;
/** `last_used_at` is to the minute. */
const USE_NOTED_MS = 60_000;

interface Cached {
  readonly caller: Caller;
  readonly until: number;
}

/**
 * However many ask with whatever token, PostgreSQL is asked one question at a time.
 *
 * @param userOf says whose a token of an identity provider is; none: there is no provider
 */
export function authenticator(sql: Sql, userOf?: (token: string) => Promise<Caller | null>): Authenticate {
  const ownerOf = batched((hashes) => tokenOwners(sql, hashes));
  const cache = new Map<string, Cached>();
  const noted = new Map<string, number>();
  const note = (id: string, now: number) => {
    if (now - (noted.get(id) ?? -Infinity) < USE_NOTED_MS) return;
    if (noted.size >= MAX_CACHED) noted.clear();
    noted.set(id, now);
    // When a token was used last is a help for people: who asks does not wait for it, nor fail with it.
    noteTokenUse(sql, id).catch(() => noted.delete(id));
  };
  return async (header) => {
    const token = bearerToken(header);
    if (token === undefined || isMistyped(token)) return null;
    if (looksLikeJwt(token)) return userOf ? userOf(token) : null;
    const hash = tokenSha256(token).toString('hex');
    const cached = cache.get(hash);
    const now = performance.now();
    if (cached && cached.until > now) return cached.caller;
    const owner = await ownerOf(hash);
    if (owner === null) {
      cache.delete(hash);
      return null;
    }
    const { id, name, grants, expiresAt } = owner;
    const caller: Caller = { actor: `token:${name}:${id}`, name, kind: 'API_TOKEN', user: null, grants, expiresAt };
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(hash, { caller, until: now + TOKEN_CACHE_TTL_MS });
    note(id, now);
    return caller;
  };
}
