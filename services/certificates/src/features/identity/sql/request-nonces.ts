import { type Sql, statement } from '../../../platform/postgres/statement.js';

// What is past its time goes while new ones come, a few each time: nobody cleans up, and the table stays as long as it must.
const NOTE = statement<{ key: string }>(
  'request_nonces_note',
  `
WITH gone AS (
  DELETE FROM request_nonces WHERE (nonce, key_id) IN (
    SELECT nonce, key_id FROM request_nonces WHERE expires_at < clock_timestamp()
    ORDER BY expires_at LIMIT 2 * cardinality($1::text[]) + 20 FOR UPDATE SKIP LOCKED)
)
INSERT INTO request_nonces (key_id, nonce, expires_at)
SELECT split_part(k, ' ', 1), split_part(k, ' ', 2), clock_timestamp() + make_interval(secs => $2)
FROM unnest($1::text[]) AS k ORDER BY 2, 1
ON CONFLICT DO NOTHING RETURNING key_id || ' ' || nonce AS key`,
);

/**
 * Notes the nonces of requests, each as `<key id> <nonce>`, for every process of the service.
 *
 * @returns those that were not there yet
 */
export async function noteNonces(sql: Sql, keys: readonly string[], seconds: number): Promise<Map<string, true>> {
  const rows = await sql.query(NOTE, [keys, seconds]);
  return new Map(rows.map(({ key }) => [key, true]));
}
