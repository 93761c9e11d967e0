import type { Ed25519Jwk } from '@trustcast/schema';
import type { EnvironmentKind } from '../../records/environment-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** An agent that has registered, as NATS should know it. */
export interface NatsAgent {
  readonly id: string;
  readonly publicKey: Ed25519Jwk;
  readonly environment: string;
  readonly kind: EnvironmentKind;
}

const REGISTERED = statement<NatsAgent>(
  'nats_agents',
  `SELECT a.id, a.public_key AS "publicKey", e.name AS environment, e.kind
   FROM agents a JOIN environments e ON e.id = a.environment_id
   WHERE a.public_key IS NOT NULL
   ORDER BY a.id`,
);

export function readNatsAgents(sql: Sql): Promise<NatsAgent[]> {
  return sql.query(REGISTERED);
}
