import type { Ed25519Jwk } from '@trustcast/schema';
import { newToken, tokenSha256 } from '../identity/token.js';
import type { Database } from './database.js';
import { BY_SERVICE } from './request.js';
import { statement } from './statement.js';
import { writeAudit } from './write-audit.js';

const LOCK = statement<object>('first_start_lock', 'SELECT pg_advisory_xact_lock(7305803)');
const TOKENS = statement<{ number: number }>('first_start_tokens', 'SELECT count(*) AS number FROM api_tokens');
const ADD = statement<object>('first_start_add', `INSERT INTO api_tokens (name, token_sha256) VALUES ('admin', $1)`);
const INSTALLATION = statement<{ id: string }>('installation', 'SELECT id FROM installation');
const KEY = statement<object>(
  'signing_key_add',
  'INSERT INTO signing_keys (kid, jwk) VALUES ($1, $2) ON CONFLICT (kid) DO NOTHING',
);
const KEYS = statement<{ kid: string; jwk: Ed25519Jwk }>(
  'signing_keys',
  'SELECT kid, jwk FROM signing_keys ORDER BY created_at, kid',
);

/** Makes the admin token when there is no token yet; it is stored only when `handOver` returned. */
export async function ensureAdminToken(database: Database, handOver: (token: string) => void): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query(LOCK);
    const [row] = await transaction.query(TOKENS);
    if (row?.number !== 0) return;
    const token = newToken('tca');
    handOver(token);
    await transaction.query(ADD, [tokenSha256(token)]);
    await writeAudit(transaction, BY_SERVICE, { action: 'createApiToken', after: { name: 'admin' } });
  });
}

export async function installationId(database: Database): Promise<string> {
  const [row] = await database.query(INSTALLATION);
  if (!row) throw new Error('the database has no installation');
  return row.id;
}

/** Makes a signing key known. @returns all that are */
export async function shareSigningKey(database: Database, kid: string, jwk: Ed25519Jwk) {
  await database.query(KEY, [kid, JSON.stringify(jwk)]);
  return database.query(KEYS);
}
