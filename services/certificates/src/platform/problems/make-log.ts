import { type Logger, pino } from 'pino';
import type { Config } from '../../config.js';
import type { ProblemReports } from './problem-reports.js';
import { Problems } from './problems.js';

/**
 * Makes the log, and what reports lasting problems in it. An error that the state of the database explains is not logged
 * where it is met, wherever that is: it is one problem, which is logged when it begins and when it ends.
 */
export function makeLog(level: Config['logLevel']): { readonly log: Logger; readonly problems: Problems } {
  const log = logWithout(level, () => problems);
  const problems = new Problems(log);
  return { log, problems };
}

/** A log without the errors that a problem explains. */
export function logWithout(level: Config['logLevel'], problems: () => ProblemReports): Logger {
  return pino({
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: {
      logMethod(args, method) {
        const { err } = ((args as unknown[])[0] ?? {}) as { err?: unknown };
        if (err === undefined || !problems().isExplained(err)) method.apply(this, args);
      },
    },
  });
}
