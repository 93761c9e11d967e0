import { WARNED_DAYS } from '../../records/api-token-record.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Of the token `t`: it is valid and expires soon; null: it does not expire. */
export const EXPIRES_SOON = `(t.revoked_at IS NULL AND t.expires_at > now() AND t.expires_at <= now() + interval '${WARNED_DAYS} days')`;

/** A token whose end is near and was not told yet. */
export interface ExpiringToken {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: Date;
  readonly createdBy: string;
  readonly lastUsedAt: Date | null;
}

// Whoever holds a row is about to tell it.
const CLAIM = statement<ExpiringToken>(
  'expiring_tokens_claim',
  `UPDATE api_tokens SET warned_at = now()
   WHERE id IN (
     SELECT id FROM api_tokens
     WHERE revoked_at IS NULL AND warned_at IS NULL AND expires_at > $1::timestamptz
       AND expires_at <= $1::timestamptz + interval '${WARNED_DAYS} days'
     ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
   RETURNING id, name, expires_at AS "expiresAt", created_by AS "createdBy", last_used_at AS "lastUsedAt"`,
);
const COUNT = statement<{ days: number; number: number }>(
  'tokens_by_expiry',
  `SELECT t.days, count(k.id)::integer AS number
   FROM (VALUES (0), (1), (7), (${WARNED_DAYS})) AS t (days)
   LEFT JOIN api_tokens k ON k.revoked_at IS NULL AND k.expires_at <= now() + make_interval(days => t.days)
     AND (t.days = 0 OR k.expires_at > now())
   GROUP BY t.days ORDER BY t.days`,
);

/** Takes tokens whose end is near by `now`, each once, up to `limit`. */
export function claimExpiringTokens(sql: Sql, now: Date, limit: number): Promise<ExpiringToken[]> {
  return sql.query(CLAIM, [now, limit]);
}

/** How many tokens that are not revoked have expired (0), and how many expire within 1, 7 and 14 days. */
export function tokensByExpiry(sql: Sql): Promise<{ days: number; number: number }[]> {
  return sql.query(COUNT);
}
