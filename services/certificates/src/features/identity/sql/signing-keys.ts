import type { Ed25519Jwk } from '@trustcast/schema';
import { BY_SERVICE } from '../../requests/request.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';
import { writeAudit } from '../../audit/sql/write-audit.js';

export interface KnownSigningKey {
  readonly kid: string;
  readonly jwk: Ed25519Jwk;
  /** Signs now. One key does at a time. */
  readonly current: boolean;
  /** Is to sign next: agents are told of it already. */
  readonly announced: boolean;
}

const KEYS = statement<KnownSigningKey>(
  'signing_keys',
  `SELECT kid, jwk, retired_at IS NULL AS current, announced_at IS NOT NULL AS announced
   FROM signing_keys ORDER BY created_at, kid`,
);
const RETIRE = statement<{ kid: string }>(
  'signing_keys_retire',
  'UPDATE signing_keys SET retired_at = now() WHERE retired_at IS NULL AND kid <> $1 RETURNING kid',
);
const USE = statement<object>(
  'signing_key_use',
  'INSERT INTO signing_keys (kid, jwk) VALUES ($1, $2) ON CONFLICT (kid) DO UPDATE SET retired_at = NULL, announced_at = NULL',
);

const ANNOUNCE = statement<{ kid: string }>(
  'signing_key_announce',
  `INSERT INTO signing_keys AS k (kid, jwk, retired_at, announced_at) VALUES ($1, $2, now(), now())
   ON CONFLICT (kid) DO UPDATE SET announced_at = now() WHERE k.retired_at IS NOT NULL AND k.announced_at IS NULL
   RETURNING kid`,
);
const WITHDRAW = statement<{ kid: string }>(
  'signing_keys_withdraw',
  'UPDATE signing_keys SET announced_at = NULL WHERE announced_at IS NOT NULL AND kid <> $1 RETURNING kid',
);

/** All that ever signed, or are to: a statement of each of them may show that the database was restored. */
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

/** The keys that agents are to believe: the one that signs first, and the one that is to sign next. */
export async function believableKeys(sql: Sql): Promise<KnownSigningKey[]> {
  const known = await readSigningKeys(sql);
  return [
    ...known.filter(({ current }) => current),
    ...known.filter(({ current, announced }) => announced && !current),
  ];
}

/** Makes a key the one that is to sign next, in the place of any that was. The one that signs stays as it is. */
export async function announceSigningKey(transaction: Sql, kid: string, jwk: Ed25519Jwk): Promise<void> {
  const withdrawn = await transaction.query(WITHDRAW, [kid]);
  const announced = await transaction.query(ANNOUNCE, [kid, JSON.stringify(jwk)]);
  if (withdrawn.length + announced.length === 0) return;
  await writeAudit(transaction, BY_SERVICE, {
    action: 'announceSigningKey',
    before: { signingKeyIds: withdrawn.map((row) => row.kid) },
    after: { signingKeyIds: [kid] },
  });
}
