import { type Entry, foldAlias } from '@trustcast/schema';
import { certificateFields } from '@trustcast/x509';
import type { AdmittedCertificate } from '../domain/judge-certificate.js';
import type { Database } from './database.js';
import { type Sql, statement } from './statement.js';
import { storeX509 } from './store-definitions.js';

const NOTE = statement<{ id: string }>(
  'base_note',
  'UPDATE agents SET base_digest = d.digest FROM bases d WHERE d.digest = $2 AND agents.id = $1 RETURNING agents.id',
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

/** Stores a base and notes that a host has it. */
export function storeBase(
  database: Database,
  agentId: string,
  { digest, entries }: { digest: string; entries: readonly Entry[] },
): Promise<void> {
  const read = entries.flatMap(({ alias, der }) => {
    const certificate = readable(der);
    return certificate ? [{ alias, aliasKey: foldAlias(alias), certificate }] : [];
  });
  return database.transaction(async (transaction) => {
    await storeX509(
      transaction,
      read.map(({ certificate }) => certificate),
    );
    await transaction.query(ADD, [digest]);
    const rows = read.map(({ alias, aliasKey, certificate }) => ({
      alias,
      aliasKey,
      fingerprint: certificate.fingerprint,
    }));
    await transaction.query(ADD_ENTRIES, [digest, JSON.stringify(rows)]);
    await transaction.query(MEASURE, [digest]);
    await noteBase(transaction, agentId, digest);
  });
}

/** JVMs trust a base as it is: what cannot be read here is not shown, and is no reason to refuse the rest. */
function readable(der: Uint8Array): Omit<AdmittedCertificate, 'warnings'> | null {
  try {
    const fields = certificateFields(der);
    return { der, fingerprint: fields.fingerprintSha256, fields };
  } catch {
    return null;
  }
}
