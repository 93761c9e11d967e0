import { type Sql, statement } from './statement.js';

const OWNER = statement<{ id: string; name: string }>(
  'token_owner',
  'SELECT id, name FROM api_tokens WHERE token_sha256 = $1',
);

/** Whose token this is, as the audit names them; null: nobody's. */
export async function tokenOwner(sql: Sql, tokenSha256: Buffer): Promise<string | null> {
  const [row] = await sql.query(OWNER, [tokenSha256]);
  return row ? `token:${row.name}:${row.id}` : null;
}
