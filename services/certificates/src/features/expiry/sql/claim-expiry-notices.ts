import { type CertificateExpiring, EXPIRY_NOTICE_DAYS } from '@trustcast/schema';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A step that was missed is not announced beside the one that is reached. */
const CLAIM = statement<CertificateExpiring>(
  'expiry_notices_claim',
  `
WITH used AS (
  SELECT p.environment_id, p.fingerprint FROM definition_environments p
  UNION SELECT j.environment_id, j.fingerprint FROM jwks j
), due AS (
  SELECT u.environment_id, u.fingerprint,
    (SELECT min(t) FROM unnest('{${EXPIRY_NOTICE_DAYS.join(',')}}'::integer[]) AS t
     WHERE x.not_after < $1::timestamptz + make_interval(days => t)) AS days
  FROM x509_certificates x
  JOIN used u ON u.fingerprint = x.fingerprint
  WHERE x.not_after < $1::timestamptz + interval '${Math.max(...EXPIRY_NOTICE_DAYS)} days'
), claimed AS (
  INSERT INTO expiry_notices AS n (environment_id, fingerprint, days)
  SELECT environment_id, fingerprint, days FROM due
  WHERE NOT EXISTS (SELECT FROM expiry_notices o
    WHERE (o.environment_id, o.fingerprint, o.days) = (due.environment_id, due.fingerprint, due.days))
  ORDER BY environment_id, fingerprint LIMIT $2
  ON CONFLICT DO NOTHING
  RETURNING *
)
SELECT json_build_object('id', e.id, 'name', e.name) AS environment,
  CASE WHEN c.id IS NOT NULL THEN json_build_object('id', c.id, 'name', c.name) END AS certificate, p.alias,
  (SELECT coalesce(json_agg(json_build_object('id', j.id, 'name', j.name, 'kid', j.kid) ORDER BY j.name), '[]')
   FROM jwks j WHERE (j.environment_id, j.fingerprint) = (n.environment_id, n.fingerprint)) AS jwks, n.fingerprint,
  x.fields ->> 'subject' AS subject,
  to_char(x.not_after AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS "notAfter", n.days,
  floor(extract(epoch FROM x.not_after - $1::timestamptz) / 86400)::integer AS "daysLeft"
FROM claimed n
JOIN environments e ON e.id = n.environment_id
LEFT JOIN definition_environments p ON (p.environment_id, p.fingerprint) = (n.environment_id, n.fingerprint)
LEFT JOIN certificates c ON c.id = p.certificate_id
JOIN x509_certificates x ON x.fingerprint = n.fingerprint
ORDER BY e.name, x.not_after, n.fingerprint`,
);

/** Notes, for this transaction, the steps that certificates have reached by `now` and that nobody noted before. */
export function claimExpiryNotices(sql: Sql, now: Date, limit: number): Promise<CertificateExpiring[]> {
  return sql.query(CLAIM, [now, limit]);
}
