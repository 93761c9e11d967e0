import type { Position } from '@trustcast/schema';
import type { LoggedDelta } from '../rules/logged-delta.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

export interface LoggedRevision extends Position, LoggedDelta {
  readonly deploymentId: string;
}

/** One look at an environment: everything in it is of one snapshot. */
export interface Changes extends Position {
  readonly name: string;
  /** Deployment of the latest revision; null before the first. */
  readonly head: string | null;
  /** `clock_timestamp()` of this look, in milliseconds since the Unix epoch. */
  readonly issuedAt: number;
  /** The revision that was asked after, as the log has it; null when it has none. */
  readonly anchor: { readonly epoch: number; readonly deploymentId: string } | null;
  /** In their order. */
  readonly revisions: readonly LoggedRevision[];
}

interface Row extends Omit<Changes, 'revisions'> {
  readonly r_epoch: number | null;
  readonly r_revision: number;
  readonly r_deployment: string;
  readonly r_removals: readonly string[];
  readonly r_upserts: readonly { alias: string; fingerprint: string; replaces: boolean; der: string }[];
}

const READ = statement<Row>(
  'changes_after',
  `
SELECT e.name, e.epoch, e.revision, e.head, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "issuedAt",
  (SELECT jsonb_build_object('epoch', a.epoch, 'deploymentId', a.deployment_id)
   FROM revisions a WHERE a.environment_id = e.id AND a.revision = $2) AS anchor,
  r.epoch AS r_epoch, r.revision AS r_revision, r.deployment_id AS r_deployment, r.removals AS r_removals,
  CASE WHEN r.upserts = '[]' THEN '[]'::json ELSE
    (SELECT json_agg(json_build_object('alias', u.alias, 'fingerprint', u.fingerprint, 'replaces', u.replaces,
       'der', (SELECT encode(x.der, 'base64') FROM x509_certificates x WHERE x.fingerprint = u.fingerprint)))
     FROM jsonb_to_recordset(r.upserts) AS u (alias text, fingerprint text, replaces boolean)) END AS r_upserts
FROM environments e
LEFT JOIN LATERAL (
  SELECT * FROM revisions l WHERE l.environment_id = e.id AND l.revision > $2 ORDER BY l.revision LIMIT 256
) r ON true
WHERE e.id = $1
ORDER BY r.revision`,
);

/** Looks at an environment and at what follows a revision, at most 256 revisions of it; null: no such environment. */
export async function changesAfter(sql: Sql, environmentId: string, revision: number): Promise<Changes | null> {
  const rows = await sql.query(READ, [environmentId, revision]);
  const [first] = rows;
  if (!first) return null;
  const { name, epoch, head, issuedAt, anchor } = first;
  const revisions = rows.flatMap((row) =>
    row.r_epoch === null
      ? []
      : [
          {
            epoch: row.r_epoch,
            revision: row.r_revision,
            deploymentId: row.r_deployment,
            removals: row.r_removals,
            upserts: row.r_upserts.map((upsert) => ({ ...upsert, der: Buffer.from(upsert.der, 'base64') })),
          },
        ],
  );
  return { name, epoch, revision: first.revision, head, issuedAt, anchor, revisions };
}
