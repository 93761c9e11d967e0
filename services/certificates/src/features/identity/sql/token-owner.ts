import { type Sql, statement } from '../../../platform/postgres/statement.js';

const OWNERS = statement<{ hash: string; id: string; name: string }>(
  'token_owners',
  `SELECT encode(token_sha256, 'hex') AS hash, id, name FROM api_tokens
   WHERE token_sha256 IN (SELECT decode(h, 'hex') FROM unnest($1::text[]) h)`,
);

/** Whose tokens these are, as the audit names them, by SHA-256 in hexadecimal; none: nobody's. */
export async function tokenOwners(sql: Sql, hashes: readonly string[]): Promise<Map<string, string>> {
  const rows = await sql.query(OWNERS, [hashes]);
  return new Map(rows.map(({ hash, id, name }) => [hash, `token:${name}:${id}`]));
}
