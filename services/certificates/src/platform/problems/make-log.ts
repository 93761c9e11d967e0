import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { type Log, type LogLevel, createLog, isErrno } from '@trustcast/config';
import type { ProblemReports } from './problem-reports.js';
import { Problems } from './problems.js';

/**
 * Makes the log, and what reports lasting problems in it. An error that the state of the database explains is not logged
 * where it is met, wherever that is: it is one problem, which is logged when it begins and when it ends.
 */
export function makeLog(level: LogLevel): { readonly log: Log; readonly problems: Problems } {
  const log = logWithout(level, () => problems);
  const problems = new Problems(log);
  return { log, problems };
}

/** A log without the errors that a problem explains. */
export function logWithout(level: LogLevel, problems: () => ProblemReports): Log {
  return createLog(level, {
    isKnown: (error) => problems().isExplained(error),
    ...(!isMainThread && { write: writeFromThread }),
  });
}

/** Writes directly, because the main thread may be busy, and lines of an ending thread would be lost. */
function writeFromThread(line: string): void {
  let rest = Buffer.from(line);
  while (rest.length > 0)
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      // EAGAIN: the pipe is full because its reader is slow. Other failures of the log do not end the work.
      if (!isErrno(error, 'EAGAIN')) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
}
