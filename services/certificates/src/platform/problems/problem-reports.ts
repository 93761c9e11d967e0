import { DatabaseFullError, DatabaseUnavailableError, explainDatabaseError } from '../postgres/errors.js';

/** Where the parts of the service report what lasts. */
export abstract class ProblemReports {
  /** A problem is there, possibly since before. @param scope tells problems of one code apart, such as an environment */
  abstract began(code: string, message: string, error: unknown, scope?: string): void;

  /** The problem, if it was there, is over. */
  abstract ended(code: string, message: string, scope?: string): void;

  /** Told of every failure that the database's state explains. */
  protected abstract onDatabaseFailure(error: DatabaseUnavailableError | DatabaseFullError): void;

  /** A job that is repeated failed. What the state of the database or of NATS explains is theirs to tell. */
  failed(code: string, message: string, error: unknown, scope = ''): void {
    if (!this.isExplained(error)) this.began(code, message, error, scope);
  }

  /** Whether the state of the database, or of NATS, explains an error; the database's is looked at then. */
  isExplained(error: unknown): boolean {
    const explained = explainDatabaseError(error);
    if (explained instanceof DatabaseUnavailableError || explained instanceof DatabaseFullError) {
      this.onDatabaseFailure(explained);
      return true;
    }
    return (error as { code?: unknown } | undefined)?.code === 'NATS_UNAVAILABLE';
  }
}
