import type { Ed25519Jwk } from '@trustcast/schema';
import { BY_SERVICE } from './request.js';
import { type Sql, statement } from './statement.js';
import { writeAudit } from './write-audit.js';

export interface KnownSigningKey {
  readonly kid: string;
  readonly jwk: Ed25519Jwk;
  /** Signs now. One key does at a time. */
  readonly current: boolean;
}

const KEYS = statement<KnownSigningKey>(
  'signing_keys',
  'SELECT kid, jwk, retired_at IS NULL AS current FROM signing_keys ORDER BY created_at, kid',
);
const RETIRE = statement<{ kid: string }>(
  'signing_keys_retire',
  'UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL AND kid <> $1 RETURNING kid',
);
const USE = statement<object>(
  'signing_key_use',
  'INSERT INTO signing_keys (kid, jwk) VALUES ($1, $2) ON CONFLICT (kid) DO UPDATE SET retired_at = NULL',
);

/** All that ever signed: a statement of each of them may show that the database was restored. */
export function readSigningKeys(sql: Sql): Promise<KnownSigningKey[]> {
  return sql.query(KEYS);
}

/** Makes a key the one that signs. */
export async function useSigningKey(transaction: Sql, kid: string, jwk: Ed25519Jwk): Promise<void> {
  const retired = await transaction.query(RETIRE, [kid]);
  await transaction.query(USE, [kid, JSON.stringify(jwk)]);
  await writeAudit(transaction, BY_SERVICE, {
    action: 'useSigningKey',
    before: { signingKeyIds: retired.map((row) => row.kid) },
    after: { signingKeyIds: [kid] },
  });
}
