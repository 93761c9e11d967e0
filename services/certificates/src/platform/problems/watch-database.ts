import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../postgres/is-alive.js';
import { DatabaseFullError } from '../postgres/database-errors.js';
import type { Sql } from '../postgres/statement.js';
import type { Problems } from './problems.js';

const LOOK_MS = 1_000;
/** Time without a failed write after which the disk counts as no longer full. */
const FULL_FOR_MS = 30_000;

/** Reports when the database is unreachable or out of space, and when that is over. @returns ends the watch */
export function watchDatabase(sql: Sql, problems: Problems): () => void {
  const stopping = new AbortController();
  let looking = false;
  let full: NodeJS.Timeout | undefined;

  const look = async (error: Error) => {
    looking = true;
    while (!stopping.signal.aborted && !(await isAlive(sql))) {
      problems.began('DATABASE_UNAVAILABLE', 'the database is not available; trying again', error.cause ?? error);
      await delay(LOOK_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    if (!stopping.signal.aborted) problems.ended('DATABASE_UNAVAILABLE', 'the database is available again');
    looking = false;
  };
  problems.databaseFailed = (error) => {
    if (error instanceof DatabaseFullError) {
      problems.began(error.code, 'the database cannot store anything; free disk space where it runs', error.cause);
      clearTimeout(full);
      full = setTimeout(() => problems.ended(error.code, 'the database stores again'), FULL_FOR_MS);
      full.unref();
    } else if (!looking) void look(error);
  };
  return () => {
    stopping.abort();
    clearTimeout(full);
    problems.databaseFailed = () => undefined;
  };
}
