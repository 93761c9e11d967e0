import { tokenOwner } from '../postgres/token-owner.js';
import type { Sql } from '../postgres/statement.js';
import { bearerToken, tokenSha256 } from './token.js';

/** Says whose an `Authorization` header is; null: nobody's. */
export type Authenticate = (header: string | undefined) => Promise<string | null>;

/** How long a token that was taken away still opens. */
const BELIEVED_MS = 2_000;
const MAX_REMEMBERED = 1_000;

export function authenticator(sql: Sql): Authenticate {
  const remembered = new Map<string, { actor: string; until: number }>();
  return async (header) => {
    const token = bearerToken(header);
    if (token === undefined) return null;
    const hash = tokenSha256(token);
    const key = hash.toString('base64');
    const known = remembered.get(key);
    if (known && known.until > performance.now()) return known.actor;
    const actor = await tokenOwner(sql, hash);
    if (actor === null) {
      remembered.delete(key);
      return null;
    }
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, { actor, until: performance.now() + BELIEVED_MS });
    return actor;
  };
}
