import { DatabaseFullError, DatabaseUnavailableError } from '../postgres/database-errors.js';
import { causeOf } from './cause.js';
import { ProblemReports } from './problem-reports.js';
import type { Problems } from './problems.js';

/** Report of a thread to the thread that holds the problems. */
export type ProblemReport =
  | {
      readonly kind: 'began';
      readonly code: string;
      readonly message: string;
      readonly cause: string;
      readonly scope: string;
    }
  | { readonly kind: 'ended'; readonly code: string; readonly message: string; readonly scope: string }
  | { readonly kind: 'databaseFailed'; readonly full: boolean; readonly cause: string };

/** Reports problems from a thread to the one that holds them. */
export class ForwardedProblems extends ProblemReports {
  readonly #post: (report: ProblemReport) => void;
  /** Open problems, so that repeated reports of their end are not forwarded. */
  readonly #begun = new Set<string>();

  constructor(post: (report: ProblemReport) => void) {
    super();
    this.#post = post;
  }

  began(code: string, message: string, error: unknown, scope = ''): void {
    this.#begun.add(`${code} ${scope}`);
    this.#post({ kind: 'began', code, message, cause: causeOf(error), scope });
  }

  ended(code: string, message: string, scope = ''): void {
    if (this.#begun.delete(`${code} ${scope}`)) this.#post({ kind: 'ended', code, message, scope });
  }

  protected override onDatabaseFailure(error: DatabaseUnavailableError | DatabaseFullError): void {
    this.#post({ kind: 'databaseFailed', full: error instanceof DatabaseFullError, cause: causeOf(error.cause) });
  }
}

/** Takes a thread's report. @param witness the thread */
export function takeReport(problems: Problems, report: ProblemReport, witness: string): void {
  if (report.kind === 'began') problems.began(report.code, report.message, report.cause, report.scope, witness);
  else if (report.kind === 'ended') problems.ended(report.code, report.message, report.scope, witness);
  else {
    const FailedError = report.full ? DatabaseFullError : DatabaseUnavailableError;
    problems.databaseFailed(new FailedError(report.cause));
  }
}
