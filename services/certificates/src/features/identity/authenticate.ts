import { type AgentIdentity, agentsByToken } from './sql/agent-credentials.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { tokenOwners } from './sql/token-owner.js';
import { batched } from './batched.js';
import { bearerToken, tokenSha256 } from './token.js';

/** Says whose an `Authorization` header is; null: nobody's. */
export type Authenticate = (header: string | undefined) => Promise<string | null>;

/** How long an answer is believed. With the time between two questions it makes the two seconds that are promised. */
const BELIEVED_MS = 1_000;
const MAX_REMEMBERED = 1_000;

/** However many ask with whatever token, PostgreSQL is asked one question at a time. */
export function authenticator(sql: Sql): Authenticate {
  const ownerOf = batched((hashes) => tokenOwners(sql, hashes));
  const remembered = new Map<string, { actor: string; until: number }>();
  return async (header) => {
    const token = bearerToken(header);
    if (token === undefined) return null;
    const hash = tokenSha256(token).toString('hex');
    const known = remembered.get(hash);
    const asked = performance.now();
    if (known && known.until > asked) return known.actor;
    const actor = await ownerOf(hash);
    if (actor === null) {
      remembered.delete(hash);
      return null;
    }
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(hash, { actor, until: asked + BELIEVED_MS });
    return actor;
  };
}

/** Says which agent's an `Authorization` header is; null: no agent's. */
export function agentAuthenticator(sql: Sql): (header: string | undefined) => Promise<AgentIdentity | null> {
  const agentOf = batched((hashes) => agentsByToken(sql, hashes));
  return async (header) => {
    const token = bearerToken(header);
    return token === undefined ? null : agentOf(tokenSha256(token).toString('hex'));
  };
}
