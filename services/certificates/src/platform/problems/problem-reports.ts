import { DatabaseFullError, DatabaseUnavailableError, explainDatabaseError } from '../postgres/database-errors.js';

/** Receives lasting problems from all parts of the service. */
export abstract class ProblemReports {
  /** Reports a problem, new or lasting. @param scope distinguishes problems of one code, such as an environment */
  abstract began(code: string, message: string, error: unknown, scope?: string): void;

  /** Reports that the problem is over, if there was one. */
  abstract ended(code: string, message: string, scope?: string): void;

  /** Called with every failure that the state of the database explains. */
  protected abstract onDatabaseFailure(error: DatabaseUnavailableError | DatabaseFullError): void;

  /** Reports a failed periodic job, unless the state of the database or of NATS explains the failure. */
  failed(code: string, message: string, error: unknown, scope = ''): void {
    if (!this.isExplained(error)) this.began(code, message, error, scope);
  }

  /** Whether the state of the database or of NATS explains an error; checks the database. */
  isExplained(error: unknown): boolean {
    const explained = explainDatabaseError(error);
    if (explained instanceof DatabaseUnavailableError || explained instanceof DatabaseFullError) {
      this.onDatabaseFailure(explained);
      return true;
    }
    return (error as { code?: unknown } | undefined)?.code === 'NATS_UNAVAILABLE';
  }
}
