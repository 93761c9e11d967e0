import { setTimeout as delay } from 'node:timers/promises';
import type { ImportProgressRecord, ReportImport } from '../rules/import-progress.js';
import type { Outcome } from '../../records/outcome.js';
import type { Request } from '../../requests/request.js';
import { type Sql, statement } from '../../../platform/postgres/statement.js';

/** At most so often is progress told, and at least so often is a sign of life. */
const TELL_MS = 100;
const ALIVE_MS = 5_000;
const DEAD_AFTER_S = 20;

const FORGET = statement<object>(
  'import_progress_forget',
  `DELETE FROM import_progress WHERE told_at < clock_timestamp() - interval '1 day'`,
);
const TELL = statement<object>(
  'import_progress_tell',
  `
WITH told AS (
  INSERT INTO import_progress (actor, key, phase, done, total, told_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
  ON CONFLICT (actor, key) DO UPDATE
  SET phase = excluded.phase, done = excluded.done, total = excluded.total, told_at = excluded.told_at
  RETURNING key
)
SELECT pg_notify('trustcast_imports', key) FROM told`,
);
const READ = statement<ImportProgressRecord>(
  'import_progress',
  `
SELECT CASE WHEN phase NOT IN ('DONE', 'REFUSED') AND told_at < clock_timestamp() - interval '${DEAD_AFTER_S} s'
  THEN 'FAILED' ELSE phase END AS phase, done, total
FROM import_progress WHERE actor = $1 AND key = $2`,
);

/** How far the import with this key is; null: there is none, or it was long ago. */
export async function readImportProgress(sql: Sql, actor: string, key: string): Promise<ImportProgressRecord | null> {
  const [record] = await sql.query(READ, [actor, key]);
  return record ?? null;
}

/**
 * Tells everyone how far an import is, beside its transaction. One without an idempotency key has no name under which
 * anybody could ask, and tells nothing.
 */
export async function reportingImport<Answer>(
  sql: Sql,
  { actor, idempotencyKey }: Request,
  work: (report: ReportImport) => Promise<Outcome<Answer>>,
): Promise<Outcome<Answer>> {
  if (idempotencyKey === null) return work(() => undefined);
  let progress: ImportProgressRecord = { phase: 'READING', done: 0, total: 0 };
  let told: ImportProgressRecord | null = null;
  let toldAt = -Infinity;
  const tell = async () => {
    if (progress === told && performance.now() - toldAt < ALIVE_MS) return;
    [told, toldAt] = [progress, performance.now()];
    // No import fails because nobody can be told how far it is.
    await sql.query(TELL, [actor, idempotencyKey, told.phase, told.done, told.total]).catch(() => undefined);
  };
  await sql.query(FORGET).catch(() => undefined);
  await tell();
  const over = new AbortController();
  const telling = (async () => {
    while (!over.signal.aborted) {
      await delay(TELL_MS, undefined, { signal: over.signal }).catch(() => undefined);
      await tell();
    }
  })();
  try {
    const outcome = await work((phase, done, total) => (progress = { phase, done, total }));
    progress =
      'answer' in outcome ? { ...progress, phase: 'DONE', done: progress.total } : { ...progress, phase: 'REFUSED' };
    return outcome;
  } catch (error) {
    progress = { ...progress, phase: 'FAILED' };
    throw error;
  } finally {
    over.abort();
    await telling;
    // It may have been telling something older when the work ended.
    await tell();
  }
}
