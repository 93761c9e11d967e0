import { type Sql, statement } from '../../../platform/postgres/statement.js';

const COUNT = statement<{ days: number; number: number }>(
  'certificates_by_expiry',
  `SELECT t.days, count(x.fingerprint) AS number
   FROM (VALUES (0), (7), (30), (90)) AS t (days)
   LEFT JOIN (definitions d JOIN x509_certificates x ON x.fingerprint = d.fingerprint)
     ON x.not_after < now() + make_interval(days => t.days)
   GROUP BY t.days ORDER BY t.days`,
);

/** How many definitions end within 0 (have ended), 7, 30 and 90 days. */
export function certificatesByExpiry(sql: Sql): Promise<{ days: number; number: number }[]> {
  return sql.query(COUNT);
}
