import type { Log } from '@trustcast/config';
import { HttpClient, trustedAuthorities } from '@trustcast/http-client';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../../records/grants.js';
import type { ProblemReports } from '../../../platform/problems/problem-reports.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { batched } from '../batched.js';
import { grantsOf, userKey } from '../sql/grants-of.js';
import { tokenSha256 } from '../token.js';
import { IssuerKeys } from './issuer-keys.js';
import type { IssuerSettings } from './issuer-settings.js';
import { type TokenProblem, type VerifiedUser, verifyToken } from './verify-token.js';

/** Grants are read again after so long; with the time between two questions it makes two seconds. */
const GRANTS_TTL_MS = 1_000;
/** A signature is verified again after so long: its key may have been withdrawn. */
const VERIFIED_TTL_MS = 60_000;
const MAX_CACHED = 1_000;
const LIMITS = { idleMs: 3_000, totalMs: 4_000 };

export interface UsersOptions {
  readonly sql: Sql;
  readonly issuers: readonly IssuerSettings[];
  /** PEM of CAs that are trusted beside Node's; null: none. */
  readonly ca: string | null;
  readonly problems: ProblemReports;
  readonly onRefused: (problem: TokenProblem) => void;
  readonly log: Log;
}

interface Verified {
  readonly user: VerifiedUser;
  readonly until: number;
}

interface Known {
  readonly caller: Caller;
  readonly until: number;
}

/** Says whose a token of an identity provider is; null: nobody's. */
export function userAuthenticator(options: UsersOptions): (token: string) => Promise<Caller | null> {
  const { sql, problems, onRefused, log } = options;
  const client = new HttpClient({ limits: LIMITS, ...(options.ca !== null && { ca: trustedAuthorities(options.ca) }) });
  const issuers = new Map(
    options.issuers.map((settings) => [
      settings.issuer,
      { settings, keys: new IssuerKeys(settings.issuer, client, problems) },
    ]),
  );
  const grants = batched((keys) => grantsOf(sql, keys));
  const verified = new LRUCache<string, Verified>({ max: MAX_CACHED });
  const callers = new LRUCache<string, Known>({ max: MAX_CACHED });
  const verify = async (token: string, hash: string): Promise<VerifiedUser | null> => {
    const known = verified.get(hash);
    if (known && known.until > performance.now()) return known.user;
    const user = await verifyToken(issuers, token);
    if (typeof user !== 'string') {
      verified.set(hash, { user, until: performance.now() + VERIFIED_TTL_MS });
      return user;
    }
    verified.delete(hash);
    onRefused(user);
    log.debug('a token of an identity provider was refused', { problem: user });
    return null;
  };
  return async (token) => {
    const hash = tokenSha256(token).toString('base64');
    const known = callers.get(hash);
    if (known && known.until > performance.now() && isValid(known.caller)) return known.caller;
    const user = await verify(token, hash);
    if (user === null || !isValid(user)) return null;
    const { issuer, subject, groups, name, expiresAt } = user;
    const until = performance.now() + GRANTS_TTL_MS;
    const caller: Caller = {
      // No issuer has a fragment: what stands before the first # is one.
      actor: `user:${issuer}#${subject}`,
      name,
      kind: 'USER',
      user: { issuer, subject, groups },
      grants: (await grants(userKey(user))) ?? new Map(),
      expiresAt,
    };
    callers.set(hash, { caller, until });
    return caller;
  };
}

function isValid({ expiresAt }: { readonly expiresAt: Date | null }): boolean {
  return expiresAt === null || expiresAt.getTime() > Date.now();
}
