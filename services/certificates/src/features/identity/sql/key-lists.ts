import { type KeyDocument, decodeKeyDocument } from '@trustcast/schema';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** The list of signing keys that was published last. */
export interface PublishedList {
  readonly rootVersion: number;
  readonly version: number;
  /** What hosts pin; null where pinned keys sign lists by themselves. */
  readonly rootId: string | null;
  readonly document: KeyDocument;
}

const LATEST = statement<Omit<PublishedList, 'document'> & { readonly document: unknown }>(
  'key_list',
  `SELECT root_version AS "rootVersion", version, root_id AS "rootId", document
   FROM key_lists ORDER BY root_version DESC, version DESC LIMIT 1`,
);
const STORE = statement<object>(
  'key_list_store',
  'INSERT INTO key_lists (root_version, version, root_id, document) VALUES ($1, $2, $3, $4)',
);
const FORGET = (['divergences', 'held_sets'] as const).map((table) =>
  statement<object>(
    `key_list_forget_${table}`,
    `DELETE FROM ${table} t USING jsonb_to_recordset($1::jsonb) AS s (environment uuid, epoch bigint, revision bigint)
     WHERE t.environment_id = s.environment AND (t.epoch, t.revision) > (s.epoch, s.revision)`,
  ),
);

export async function readKeyList(sql: Sql): Promise<PublishedList | null> {
  const [row] = await sql.query(LATEST);
  return row ? { ...row, document: decodeKeyDocument(row.document, 'document') } : null;
}

export async function storeKeyList(sql: Sql, { rootVersion, version, rootId, document }: PublishedList): Promise<void> {
  await sql.query(STORE, [rootVersion, version, rootId, JSON.stringify(document)]);
}

/** Forgets what hosts held beyond the positions from which they start again: a key that was taken back stood for it. */
export async function forgetBeyond(
  sql: Sql,
  starts: readonly { readonly environment: string; readonly epoch: number; readonly revision: number }[],
): Promise<void> {
  for (const forget of FORGET) await sql.query(forget, [JSON.stringify(starts)]);
}
