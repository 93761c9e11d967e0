import type { Position } from '@trustcast/schema';
import type { EntryContent } from '../../records/entry.js';
import type { Page } from '../../records/paging/page.js';
import { type NumberBounds, numberBounds } from '../../records/sql/number-bounds.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** A revision of an environment, without what it changed. */
export interface RevisionRecord extends Position {
  readonly environmentId: string;
  readonly deploymentId: string;
  readonly createdAt: Date;
}

export interface RevisionKey {
  readonly environmentId: string;
  readonly revision: number;
}

/** What a revision did to the entry of one certificate. */
export interface RevisionChangeRecord extends RevisionKey {
  /** Place in the order of the revision. */
  readonly number: number;
  readonly certificateId: string;
  readonly name: string;
  readonly before: EntryContent | null;
  readonly after: EntryContent | null;
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

/** Changes `c` of requested revisions `w`. The revision that history begins with also has entries that it did not change. */
const CHANGED = `
  FROM revision_changes c
  WHERE c.environment_id = w.environment_id AND c.revision = w.revision
    AND (c.alias_before, c.fingerprint_before) IS DISTINCT FROM (c.alias, c.fingerprint)`;
const REQUESTED = 'FROM unnest($1::uuid[], $2::bigint[]) AS w (environment_id, revision)';
const contentOf = (alias: string, fingerprint: string) =>
  `CASE WHEN ${alias} IS NOT NULL THEN jsonb_build_object('alias', ${alias}, 'fingerprint', ${fingerprint}) END`;

const changesRead = (direction: NumberBounds['direction']) =>
  statement<RevisionChangeRecord>(
    `revision_changes_${direction.toLowerCase()}`,
    `
SELECT w.environment_id AS "environmentId", w.revision, c.* ${REQUESTED}
CROSS JOIN LATERAL (
  SELECT c.number, c.certificate_id AS "certificateId", c.name,
    ${contentOf('c.alias_before', 'c.fingerprint_before')} AS before, ${contentOf('c.alias', 'c.fingerprint')} AS after
  ${CHANGED} AND c.number > $3::bigint AND c.number < $4::bigint
  ORDER BY c.number ${direction} LIMIT $5
) c
ORDER BY c.number ${direction}`,
  );
const COUNTS = statement<RevisionCountsRecord>(
  'revision_counts',
  `
SELECT w.environment_id AS "environmentId", w.revision, c.* ${REQUESTED}
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE c.alias_before IS NULL) AS added,
    count(*) FILTER (WHERE c.alias_before IS NOT NULL AND c.alias IS NOT NULL) AS changed,
    count(*) FILTER (WHERE c.alias IS NULL) AS removed
  ${CHANGED}
) c`,
);

/** A page of the changes of each revision, in their order, and one more when there is one. */
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
