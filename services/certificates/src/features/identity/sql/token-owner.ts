import { type Grants, PERMISSIONS } from '../../records/grants.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Whose a token is, and what it may do. */
export interface TokenOwner {
  readonly id: string;
  readonly name: string;
  readonly grants: Grants;
  /** null: it does not expire. */
  readonly expiresAt: Date | null;
}

interface OwnerRow {
  readonly hash: string;
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly string[];
  /** Names; null: all. */
  readonly environments: readonly string[] | null;
  readonly expiresAt: Date | null;
}

// An environment that was deleted is none of those that are left.
const OWNERS = statement<OwnerRow>(
  'token_owners',
  `SELECT encode(t.token_sha256, 'hex') AS hash, t.id, t.name, t.permissions, t.expires_at AS "expiresAt",
     CASE WHEN t.environments IS NOT NULL THEN ARRAY(SELECT e.name FROM environments e WHERE e.id = ANY (t.environments)) END
       AS environments
   FROM api_tokens t
   WHERE t.token_sha256 IN (SELECT decode(h, 'hex') FROM unnest($1::text[]) h)
     AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())`,
);
const USED = statement<object>(
  'token_used',
  `UPDATE api_tokens SET last_used_at = now()
   WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
);

/** Whose these tokens are, by SHA-256 in hexadecimal; those that are unknown, revoked or expired are missing. */
export async function tokenOwners(sql: Sql, hashes: readonly string[]): Promise<Map<string, TokenOwner>> {
  const rows = await sql.query(OWNERS, [hashes]);
  return new Map(
    rows.map(({ hash, id, name, permissions, environments, expiresAt }) => {
      const scope = environments && new Set(environments);
      const grants = new Map(PERMISSIONS.filter((each) => permissions.includes(each)).map((each) => [each, scope]));
      return [hash, { id, name, grants, expiresAt }];
    }),
  );
}

/** Records that a token was used, to the minute. */
export async function noteTokenUse(sql: Sql, id: string): Promise<void> {
  await sql.query(USED, [id]);
}
