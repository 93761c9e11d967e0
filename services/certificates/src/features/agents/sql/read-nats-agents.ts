import type { Ed25519Jwk } from '@trustcast/schema';
import type { EnvironmentKind } from '../../records/environment-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A key of an agent that has registered, as NATS should know it; while one takes over from another there are two. */
export interface NatsAgent {
  readonly id: string;
  readonly publicKey: Ed25519Jwk;
  readonly environment: string;
  readonly kind: EnvironmentKind;
  /** Milliseconds until NATS should not know it any more; null: it is the agent's own key. */
  readonly endsInMs: number | null;
}

const REGISTERED = statement<NatsAgent>(
  'nats_agents',
  // nats-server refuses a file that names a key twice, and with it all users.
  `SELECT DISTINCT ON (k.key ->> 'x') a.id, k.key AS "publicKey", e.name AS environment, e.kind,
     CASE k.place WHEN 2 THEN (extract(epoch FROM a.previous_key_until - clock_timestamp()) * 1000)::integer END AS "endsInMs"
   FROM agents a JOIN environments e ON e.id = a.environment_id
   CROSS JOIN LATERAL (VALUES (1, a.public_key),
     (2, CASE WHEN a.previous_key_until > clock_timestamp() THEN a.previous_key END)) AS k (place, key)
   WHERE k.key IS NOT NULL AND a.revoked_at IS NULL
   ORDER BY k.key ->> 'x', k.place, a.id`,
);

export function readNatsAgents(sql: Sql): Promise<NatsAgent[]> {
  return sql.query(REGISTERED);
}
