import { setTimeout as delay } from 'node:timers/promises';
import type { ImportProgressRecord, ReportImport } from '../rules/import-progress.js';
import type { Result } from '../../records/result.js';
import type { Request } from '../../requests/request.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** Shortest time between two reports of progress, and longest between two signs of life. */
const REPORT_MS = 100;
const ALIVE_MS = 5_000;
const DEAD_AFTER_S = 20;

const FORGET = statement<object>(
  'import_progress_forget',
  `DELETE FROM import_progress WHERE told_at < clock_timestamp() - interval '1 day'`,
);
const REPORT = statement<object>(
  'import_progress_report',
  `
WITH reported AS (
  INSERT INTO import_progress (actor, key, phase, done, total, told_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
  ON CONFLICT (actor, key) DO UPDATE
  SET phase = excluded.phase, done = excluded.done, total = excluded.total, told_at = excluded.told_at
  RETURNING key
)
SELECT pg_notify('trustcast_imports', key) FROM reported`,
);
const READ = statement<ImportProgressRecord>(
  'import_progress',
  `
SELECT CASE WHEN phase NOT IN ('DONE', 'REFUSED') AND told_at < clock_timestamp() - interval '${DEAD_AFTER_S} s'
  THEN 'FAILED' ELSE phase END AS phase, done, total
FROM import_progress WHERE actor = $1 AND key = $2`,
);

/** Progress of the import with this key; null: there is none, or it was long ago. */
export async function readImportProgress(sql: Sql, actor: string, key: string): Promise<ImportProgressRecord | null> {
  const [record] = await sql.query(READ, [actor, key]);
  return record ?? null;
}

/**
 * Reports the progress of an import, beside its transaction. An import without an idempotency key has no name that could be
 * asked for, and reports nothing.
 */
export async function reportingImport<Answer>(
  sql: Sql,
  { actor, idempotencyKey }: Request,
  work: (report: ReportImport) => Promise<Result<Answer>>,
): Promise<Result<Answer>> {
  if (idempotencyKey === null) return work(() => undefined);
  let progress: ImportProgressRecord = { phase: 'READING', done: 0, total: 0 };
  let reported: ImportProgressRecord | null = null;
  let reportedAt = -Infinity;
  const report = async () => {
    if (progress === reported && performance.now() - reportedAt < ALIVE_MS) return;
    [reported, reportedAt] = [progress, performance.now()];
    const { phase, done, total } = reported;
    // No import fails because its progress cannot be reported.
    await sql.query(REPORT, [actor, idempotencyKey, phase, done, total]).catch(() => undefined);
  };
  await sql.query(FORGET).catch(() => undefined);
  await report();
  const over = new AbortController();
  const reporting = (async () => {
    while (!over.signal.aborted) {
      await delay(REPORT_MS, undefined, { signal: over.signal }).catch(() => undefined);
      await report();
    }
  })();
  try {
    const result = await work((phase, done, total) => (progress = { phase, done, total }));
    progress = result.ok ? { ...progress, phase: 'DONE', done: progress.total } : { ...progress, phase: 'REFUSED' };
    return result;
  } catch (error) {
    progress = { ...progress, phase: 'FAILED' };
    throw error;
  } finally {
    over.abort();
    await reporting;
    // It may have reported an earlier state when the work ended.
    await report();
  }
}
