import type { Ed25519Jwk } from '@trustcast/schema';
import type { EnvironmentKind } from '../../records/environment-record.js';
import { brokenConstraint } from '../../../platform/postgres/database-errors.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

export interface AgentIdentity {
  readonly id: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly kind: EnvironmentKind;
  readonly publicKey: Ed25519Jwk | null;
  /** The key before, while it is still good. */
  readonly previousKey: Ed25519Jwk | null;
  /** When that ends, in milliseconds since the Unix epoch. */
  readonly previousKeyUntil: number | null;
  /** When an administrator revoked it; null: it may do what agents may. */
  readonly revokedAt: Date | null;
}

const IDENTITY = `
  SELECT a.id, a.environment_id AS "environmentId", e.name AS environment, e.kind, a.public_key AS "publicKey",
    CASE WHEN a.previous_key_until > clock_timestamp() THEN a.previous_key END AS "previousKey",
    CASE WHEN a.previous_key_until > clock_timestamp()
      THEN (extract(epoch FROM a.previous_key_until) * 1000)::bigint END AS "previousKeyUntil",
    a.revoked_at AS "revokedAt"
  FROM agents a JOIN environments e ON e.id = a.environment_id`;
const BY_TOKEN = statement<AgentIdentity & { hash: string }>(
  'agents_by_token',
  `SELECT i.*, encode(t.token_sha256, 'hex') AS hash FROM (${IDENTITY}) i JOIN agents t ON t.id = i.id
   WHERE t.token_sha256 IN (SELECT decode(h, 'hex') FROM unnest($1::text[]) h)`,
);
// Two branches, for an index each.
const BY_KEY = statement<AgentIdentity & { keyId: string }>(
  'agents_by_key',
  `SELECT i.*, k.key_id AS "keyId" FROM (
     SELECT id, public_key ->> 'x' AS key_id FROM agents WHERE public_key ->> 'x' = ANY ($1::text[])
     UNION
     SELECT id, previous_key ->> 'x' FROM agents
     WHERE previous_key ->> 'x' = ANY ($1::text[]) AND previous_key_until > clock_timestamp()
   ) k JOIN (${IDENTITY}) i ON i.id = k.id`,
);
const BY_ID = statement<AgentIdentity>('agent_by_id', `${IDENTITY} WHERE a.id = $1`);

/** How long an agent's key stays good after another one took over, whose answer may be lost. */
const PREVIOUS_KEY_MS = 10 * 60_000;
/** How long it does once the agent has registered with the new one. Its connection to NATS ends then, and is made anew. */
const PREVIOUS_KEY_USED_MS = 60_000;

// A replayed request may be registered, which costs a number that nobody has signed a status with. By the clock the number
// is greater than any that was given before a restore, too.
const REGISTER = statement<{ id: string; session: number }>(
  'agent_register',
  `
WITH registered AS (
  UPDATE agents a SET public_key = $2, hostname = $3, agent_version = $4, registered_at = now(),
    session = greatest(a.session + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),
    joined_revision = coalesce(a.joined_revision, e.revision),
    previous_key_until = least(a.previous_key_until, clock_timestamp() + interval '${PREVIOUS_KEY_USED_MS} milliseconds')
  FROM environments e
  WHERE a.id = $1 AND e.id = a.environment_id AND a.revoked_at IS NULL AND (a.public_key IS NULL OR a.public_key = $2)
  RETURNING a.id, a.session
)
SELECT id, session, pg_notify('trustcast_agents', id::text) FROM registered`,
);

/** Whose tokens these are, by SHA-256 in hexadecimal. */
export async function agentsByToken(sql: Sql, hashes: readonly string[]): Promise<Map<string, AgentIdentity>> {
  const rows = await sql.query(BY_TOKEN, [hashes]);
  return new Map(rows.map(({ hash, ...agent }) => [hash, agent]));
}

/** Whose these keys are, by `x` of their JWKs. */
export async function agentsByKey(sql: Sql, keyIds: readonly string[]): Promise<Map<string, AgentIdentity>> {
  const rows = await sql.query(BY_KEY, [keyIds]);
  return new Map(rows.map(({ keyId, ...agent }) => [keyId, agent]));
}

export async function agentById(sql: Sql, id: string): Promise<AgentIdentity | null> {
  return (await sql.query(BY_ID, [id]))[0] ?? null;
}

/** Another agent has the key. */
export interface KeyOwner {
  readonly name: string;
  readonly environment: string;
}

const OWNER = statement<KeyOwner>(
  'agent_key_owner',
  `SELECT a.name, e.name AS environment FROM agents a JOIN environments e ON e.id = a.environment_id
   WHERE a.public_key ->> 'x' = $1`,
);

/**
 * Pins the agent's key at its first registration. A key belongs to one agent: nats-server refuses users of which two have
 * the same.
 *
 * @returns the number of the registration; false when another key is pinned, or the agent that has this key
 */
export async function registerAgent(
  sql: Sql,
  id: string,
  { publicKey, hostname, agentVersion }: { publicKey: Ed25519Jwk; hostname: string; agentVersion: string },
): Promise<number | false | KeyOwner> {
  try {
    const [registered] = await sql.query(REGISTER, [id, JSON.stringify(publicKey), hostname, agentVersion]);
    return registered?.session ?? false;
  } catch (error) {
    if (brokenConstraint(error) !== 'agents_public_key_once') throw error;
    const [owner] = await sql.query(OWNER, [publicKey.x]);
    if (owner) return owner;
    // The other was deleted meanwhile.
    return registerAgent(sql, id, { publicKey, hostname, agentVersion });
  }
}

// The answer may have been lost: the same key takes over once, whichever of the two signs.
const RENEW_KEY = statement<{ id: string; session: number; renewed: boolean }>(
  'agent_renew_key',
  `
WITH before AS MATERIALIZED (
  SELECT a.id, a.public_key, a.public_key = $3 AS is_done FROM agents a
  WHERE a.id = $1 AND a.revoked_at IS NULL AND a.token_sha256 IS NULL
    AND (a.public_key ->> 'x' = $2
      OR (a.public_key = $3 AND a.previous_key ->> 'x' = $2 AND a.previous_key_until > clock_timestamp()))
    AND NOT EXISTS (
      SELECT FROM agents o WHERE o.previous_key ->> 'x' = $3::jsonb ->> 'x' AND o.previous_key_until > clock_timestamp())
  FOR UPDATE
), renewed AS (
  UPDATE agents a SET public_key = $3, hostname = $4, agent_version = $5, registered_at = now(),
    session = greatest(a.session + 1, (extract(epoch FROM clock_timestamp()) * 1000)::bigint),
    previous_key = CASE WHEN b.is_done THEN a.previous_key ELSE b.public_key END,
    previous_key_until = CASE WHEN b.is_done THEN a.previous_key_until
      ELSE clock_timestamp() + interval '${PREVIOUS_KEY_MS} milliseconds' END
  FROM before b WHERE a.id = b.id
  RETURNING a.id, a.session, NOT b.is_done AS renewed
)
SELECT id, session, renewed, pg_notify('trustcast_agents', id::text) FROM renewed`,
);

export interface RenewedKey {
  /** Number of the registration that the renewal is. */
  readonly session: number;
  /** False where the key had taken over before. */
  readonly renewed: boolean;
}

/**
 * Lets another key take over from the one that signed; that one stays good for some minutes.
 *
 * @param signedWith `x` of the key that signed the request
 * @returns null: the key that signed is none that may be renewed, or another agent has the new one
 */
export async function renewAgentKey(
  sql: Sql,
  id: string,
  signedWith: string,
  { publicKey, hostname, agentVersion }: { publicKey: Ed25519Jwk; hostname: string; agentVersion: string },
): Promise<RenewedKey | null> {
  try {
    const [renewed] = await sql.query(RENEW_KEY, [id, signedWith, JSON.stringify(publicKey), hostname, agentVersion]);
    return renewed ?? null;
  } catch (error) {
    if (brokenConstraint(error) === 'agents_public_key_once') return null;
    throw error;
  }
}
