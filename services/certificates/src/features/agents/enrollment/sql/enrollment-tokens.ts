import type { EnrollmentTokenRecord } from '../../../records/enrollment-token-record.js';
import type { Page } from '../../../records/paging/page.js';
import { type Sql, statement } from '../../../../platform/postgres/statement.js';
import type { TimeCursor } from '../../../records/paging/time-cursor.js';

export type EnrollmentTokenRow = EnrollmentTokenRecord & TimeCursor;

const RECORD = `
  SELECT t.id, t.hint, e.name AS environment, t.uses, t.used, t.created_by AS "createdBy", t.created_at AS "createdAt",
    t.expires_at AS "expiresAt", t.revoked_at AS "revokedAt", t.revoked_by AS "revokedBy", t.created_at::text AS "sortKey"
  FROM enrollment_tokens t JOIN environments e ON e.id = t.environment_id`;
const PLACE = '(t.created_at, t.id)';
const pageRead = (direction: 'ASC' | 'DESC') =>
  statement<EnrollmentTokenRow>(
    `enrollment_tokens_${direction.toLowerCase()}`,
    `${RECORD}
     WHERE t.environment_id = $6 AND ($1::text IS NULL OR ${PLACE} < ($1::timestamptz, $2))
       AND ($3::text IS NULL OR ${PLACE} > ($3::timestamptz, $4))
     ORDER BY t.created_at ${direction}, t.id ${direction} LIMIT $5`,
  );
const FORWARD = pageRead('DESC');
const BACKWARD = pageRead('ASC');
const BY_ID = statement<EnrollmentTokenRow>('enrollment_token_by_id', `${RECORD} WHERE t.id = $1`);
const COUNT = statement<{ number: number }>(
  'enrollment_tokens_count',
  'SELECT count(*)::integer AS number FROM enrollment_tokens WHERE environment_id = $1',
);
const ADD = statement<object>(
  'enrollment_token_add',
  `INSERT INTO enrollment_tokens (id, environment_id, key_id, hint, uses, created_by, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7)`,
);
const REVOKE = statement<object>(
  'enrollment_token_revoke',
  'UPDATE enrollment_tokens SET revoked_at = now(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL',
);
const OPENS = statement<object>(
  'enrollment_token_opens',
  'SELECT FROM enrollment_tokens WHERE id = $1 AND key_id = $2',
);

/** Newest first. */
export function enrollmentTokens(
  sql: Sql,
  environmentId: string,
  { size, after, before, backward }: Page<TimeCursor>,
): Promise<EnrollmentTokenRow[]> {
  const ends = [after?.sortKey ?? null, after?.id ?? null, before?.sortKey ?? null, before?.id ?? null];
  return sql.query(backward ? BACKWARD : FORWARD, [...ends, size + 1, environmentId]);
}

export async function countEnrollmentTokens(sql: Sql, environmentId: string): Promise<number> {
  return (await sql.query(COUNT, [environmentId]))[0]?.number ?? 0;
}

export async function enrollmentTokenById(sql: Sql, id: string): Promise<EnrollmentTokenRow | null> {
  return (await sql.query(BY_ID, [id]))[0] ?? null;
}

export interface NewEnrollmentTokenRow {
  readonly id: string;
  readonly environmentId: string;
  /** `x` of the token's public key. */
  readonly keyId: string;
  readonly hint: string;
  readonly uses: number;
  readonly createdBy: string;
  readonly expiresAt: Date;
}

export async function addEnrollmentToken(sql: Sql, row: NewEnrollmentTokenRow): Promise<void> {
  const { id, environmentId, keyId, hint, uses, createdBy, expiresAt } = row;
  await sql.query(ADD, [id, environmentId, keyId, hint, uses, createdBy, expiresAt]);
}

export async function endEnrollmentToken(sql: Sql, id: string, actor: string): Promise<void> {
  await sql.query(REVOKE, [id, actor]);
}

/** Whether this is the public key of the row's token. */
export async function enrollmentTokenOpens(sql: Sql, id: string, keyId: string): Promise<boolean> {
  return (await sql.query(OPENS, [id, keyId])).length > 0;
}
