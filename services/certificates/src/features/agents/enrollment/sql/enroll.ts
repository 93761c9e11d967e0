import type { Ed25519Jwk } from '@trustcast/schema';
import { type Sql, statement } from '../../../../platform/postgres/statement.js';

/** An enrollment token that a host enrolls with. */
export interface EnrollmentIdentity {
  readonly id: string;
  readonly keyId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly expiresAt: Date;
  readonly isExpired: boolean;
  readonly revokedAt: Date | null;
}

const BY_KEY = statement<EnrollmentIdentity>(
  'enrollment_tokens_by_key',
  `SELECT t.id, t.key_id AS "keyId", t.environment_id AS "environmentId", e.name AS environment,
     t.expires_at AS "expiresAt", t.expires_at <= clock_timestamp() AS "isExpired", t.revoked_at AS "revokedAt"
   FROM enrollment_tokens t JOIN environments e ON e.id = t.environment_id
   WHERE t.key_id = ANY ($1::text[])`,
);

/** Tokens by `x` of their public keys. */
export async function tokensByKey(sql: Sql, keyIds: readonly string[]): Promise<Map<string, EnrollmentIdentity>> {
  return new Map((await sql.query(BY_KEY, [keyIds])).map((token) => [token.keyId, token]));
}

const LOCK = statement<{ left: number; uses: number }>(
  'enrollment_token_lock',
  `SELECT t.uses - t.used AS left, t.uses FROM enrollment_tokens t
   WHERE t.id = $1 AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp() FOR UPDATE`,
);

/** Hosts enroll one after the other with a token. @returns null: it has ended meanwhile */
export async function lockToken(sql: Sql, id: string): Promise<{ left: number; uses: number } | null> {
  return (await sql.query(LOCK, [id]))[0] ?? null;
}

const USE = statement<object>('enrollment_token_use', 'UPDATE enrollment_tokens SET used = used + 1 WHERE id = $1');

export async function useToken(sql: Sql, id: string): Promise<void> {
  await sql.query(USE, [id]);
}

/** The agent that has a key. */
export interface KeyHolder {
  readonly id: string;
  readonly name: string;
  readonly environment: string;
  /** It has no token of its own. */
  readonly isEnrolled: boolean;
  readonly isRevoked: boolean;
}

const HOLDER = statement<KeyHolder>(
  'enrollment_key_holder',
  `SELECT a.id, a.name, e.name AS environment, a.token_sha256 IS NULL AS "isEnrolled",
     a.revoked_at IS NOT NULL AS "isRevoked"
   FROM agents a JOIN environments e ON e.id = a.environment_id
   WHERE a.public_key ->> 'x' = $1 OR a.previous_key ->> 'x' = $1`,
);

export async function keyHolder(sql: Sql, { x }: Ed25519Jwk): Promise<KeyHolder | null> {
  return (await sql.query(HOLDER, [x]))[0] ?? null;
}

const NAMED = statement<{ id: string; isOpen: boolean }>(
  'enrollment_agent_named',
  `SELECT id, public_key IS NULL AND registered_at IS NOT NULL AND revoked_at IS NULL AS "isOpen"
   FROM agents WHERE environment_id = $1 AND name = $2 FOR UPDATE`,
);

/** The agent of a name; it is open where `reenrollAgent` made it forget its key. */
export async function agentNamed(
  sql: Sql,
  environmentId: string,
  name: string,
): Promise<{ id: string; isOpen: boolean } | null> {
  return (await sql.query(NAMED, [environmentId, name]))[0] ?? null;
}

const ADD = statement<object>(
  'enrollment_agent_add',
  `INSERT INTO agents (id, environment_id, name, public_key, enrolled_with) VALUES ($1, $2, $3, $4, $5)`,
);
const KEY = statement<object>(
  'enrollment_agent_key',
  `UPDATE agents SET public_key = $2, enrolled_with = $3, token_sha256 = NULL, key_released = false WHERE id = $1`,
);

export interface EnrolledAgent {
  readonly id: string;
  readonly publicKey: Ed25519Jwk;
  readonly tokenId: string;
}

export async function addEnrolledAgent(
  sql: Sql,
  { id, publicKey, tokenId }: EnrolledAgent,
  { environmentId, name }: { readonly environmentId: string; readonly name: string },
): Promise<void> {
  await sql.query(ADD, [id, environmentId, name, JSON.stringify(publicKey), tokenId]);
}

/** Gives an agent a key, and takes its token. */
export async function enrollAgentAnew(sql: Sql, { id, publicKey, tokenId }: EnrolledAgent): Promise<void> {
  await sql.query(KEY, [id, JSON.stringify(publicKey), tokenId]);
}
