import type { Page } from '../../records/page.js';
import { type NumberBounds, numberBounds } from '../../records/sql/number-bounds.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A revision of an environment, without what it changed. */
export interface RevisionRecord {
  readonly environmentId: string;
  readonly epoch: number;
  readonly revision: number;
  readonly deploymentId: string;
  readonly createdAt: Date;
}

export interface RevisionKey {
  readonly environmentId: string;
  readonly revision: number;
}

interface Line {
  readonly alias: string;
  readonly fingerprint: string;
}

/** What a revision did to one certificate. */
export interface RevisionChangeRecord extends RevisionKey {
  /** Of the audit's record; grows. */
  readonly id: number;
  readonly certificateId: string;
  readonly name: string;
  readonly before: Line | null;
  readonly after: Line | null;
}

export interface RevisionCountsRecord extends RevisionKey {
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

const revisionsRead = (direction: NumberBounds['direction']) =>
  statement<RevisionRecord>(
    `environment_history_${direction.toLowerCase()}`,
    `
SELECT r.* FROM unnest($1::uuid[]) AS w (id)
CROSS JOIN LATERAL (
  SELECT l.environment_id AS "environmentId", l.epoch, l.revision, l.deployment_id AS "deploymentId",
    l.created_at AS "createdAt"
  FROM revisions l WHERE l.environment_id = w.id AND l.revision > $2::bigint AND l.revision < $3::bigint
  ORDER BY l.revision ${direction} LIMIT $4
) r
ORDER BY r.revision ${direction}`,
  );

/** A page of the revisions of each environment, the latest first, and one more when there is one. */
export function environmentHistories(sql: Sql, ids: readonly string[], page: Page<number>) {
  const { values, direction } = numberBounds(page, { descending: true });
  return sql.query(revisionsRead(direction), [ids, ...values]);
}

const lineIn = (certificate: string) => `(
  SELECT jsonb_build_object('alias', d ->> 'alias', 'fingerprint', d ->> 'fingerprint')
  FROM jsonb_array_elements(${certificate} -> 'definitions') AS d
  WHERE d -> 'environmentIds' ? r.environment_id::text)`;

/** The deployment of a revision `r` has a record of what it made of each certificate `a`; its lines are `l`. */
const CHANGED = `
  FROM audit a CROSS JOIN LATERAL (SELECT ${lineIn('a.before')} AS before, ${lineIn('a.after')} AS after) l
  WHERE a.details ->> 'deploymentId' = r.deployment_id::text AND a.certificate_id IS NOT NULL
    AND l.before IS DISTINCT FROM l.after`;
const WANTED = `
FROM unnest($1::uuid[], $2::bigint[]) AS w (environment_id, revision)
JOIN revisions r ON r.environment_id = w.environment_id AND r.revision = w.revision`;

const changesRead = (direction: NumberBounds['direction']) =>
  statement<RevisionChangeRecord>(
    `revision_changes_${direction.toLowerCase()}`,
    `
SELECT r.environment_id AS "environmentId", r.revision, c.*${WANTED}
CROSS JOIN LATERAL (
  SELECT a.id, a.certificate_id AS "certificateId", coalesce(a.after, a.before) ->> 'name' AS name, l.before, l.after
  ${CHANGED} AND a.id > $3::bigint AND a.id < $4::bigint
  ORDER BY a.id ${direction} LIMIT $5
) c
ORDER BY c.id ${direction}`,
  );
const COUNTS = statement<RevisionCountsRecord>(
  'revision_counts',
  `
SELECT r.environment_id AS "environmentId", r.revision, c.*${WANTED}
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE l.before IS NULL) AS added,
    count(*) FILTER (WHERE l.before IS NOT NULL AND l.after IS NOT NULL) AS changed,
    count(*) FILTER (WHERE l.after IS NULL) AS removed
  ${CHANGED}
) c`,
);

/** A page of what each revision changed, in the order of the changes, and one more when there is one. */
export function revisionChanges(sql: Sql, keys: readonly RevisionKey[], page: Page<number>) {
  const { values, direction } = numberBounds(page, { descending: false });
  return sql.query(changesRead(direction), [...columnsOf(keys), ...values]);
}

export function revisionCounts(sql: Sql, keys: readonly RevisionKey[]): Promise<RevisionCountsRecord[]> {
  return sql.query(COUNTS, columnsOf(keys));
}

function columnsOf(keys: readonly RevisionKey[]): unknown[] {
  return [keys.map(({ environmentId }) => environmentId), keys.map(({ revision }) => revision)];
}
