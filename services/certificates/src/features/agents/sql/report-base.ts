import type { Database } from '../../../platform/postgres/database.js';
import { brokenConstraint } from '../../../platform/postgres/database-errors.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

const NOTE = statement<{ id: string }>(
  'base_note',
  'UPDATE agents SET base_digest = d.digest FROM bases d WHERE d.digest = $2 AND agents.id = $1 RETURNING agents.id',
);
const ADD_CERTIFICATES = statement<object>(
  'base_add_certificates',
  `INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields, of_base)
   SELECT fingerprint, decode(der, 'base64'), not_before, not_after, fields, true
   FROM jsonb_to_recordset($1::jsonb)
     AS x (fingerprint text, der text, not_before timestamptz, not_after timestamptz, fields jsonb)
   ORDER BY fingerprint COLLATE "C"
   ON CONFLICT (fingerprint) DO NOTHING`,
);
const ADD = statement<object>('base_add', 'INSERT INTO bases (digest) VALUES ($1) ON CONFLICT DO NOTHING');
const ADD_ENTRIES = statement<object>(
  'base_add_entries',
  `INSERT INTO base_entries (digest, alias, alias_key, fingerprint)
   SELECT $1, alias, "aliasKey", fingerprint
   FROM jsonb_to_recordset($2::jsonb) AS e (alias text, "aliasKey" text, fingerprint text)
   ON CONFLICT DO NOTHING`,
);
const MEASURE = statement<object>(
  'base_measure',
  `UPDATE bases SET issuer_bytes = coalesce((
     SELECT sum(x.issuer_bytes) FROM x509_certificates x
     WHERE x.fingerprint IN (SELECT fingerprint FROM base_entries WHERE digest = $1)), 0)
   WHERE digest = $1`,
);
const FORGET = statement<object>(
  'base_forget',
  'DELETE FROM bases b WHERE NOT EXISTS (SELECT FROM agents a WHERE a.base_digest = b.digest)',
);

/** Notes which base a host has; those that no host has any more are forgotten. @returns false when it is not known */
export async function noteBase(sql: Sql, agentId: string, digest: string): Promise<boolean> {
  if ((await sql.query(NOTE, [agentId, digest])).length === 0) return false;
  await sql.query(FORGET);
  return true;
}

const MAX_ATTEMPTS = 3;

/**
 * Stores a base and notes that a host has it.
 *
 * @param rows JSON, as it was read
 */
export async function storeBase(
  database: Database,
  agentId: string,
  digest: string,
  rows: { readonly certificates: string; readonly entries: string },
): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await database.transaction(async (transaction) => {
        await transaction.query(ADD_CERTIFICATES, [rows.certificates]);
        await transaction.query(ADD, [digest]);
        await transaction.query(ADD_ENTRIES, [digest, rows.entries]);
        await transaction.query(MEASURE, [digest]);
        await noteBase(transaction, agentId, digest);
      });
      return;
    } catch (error) {
      // A base that nobody had, or a certificate of one, was removed at this very moment.
      if (brokenConstraint(error) === undefined || attempt === MAX_ATTEMPTS) throw error;
    }
}
