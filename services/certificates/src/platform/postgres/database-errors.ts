import { TrustcastError } from '@trustcast/schema';
import { QueryRunnerAlreadyReleasedError } from 'typeorm';

/** PostgreSQL is unreachable or the connection was lost. A retry may succeed; the change may have been made. */
export class DatabaseUnavailableError extends TrustcastError {
  constructor(cause: unknown) {
    super('DATABASE_UNAVAILABLE', 'the database is not available', { cause, retryable: true });
  }
}

/** PostgreSQL has no disk space or cannot write. Nothing was changed; a retry may succeed later. */
export class DatabaseFullError extends TrustcastError {
  constructor(cause: unknown) {
    super('DATABASE_FULL', 'the database cannot store anything', { cause, retryable: true });
  }
}

/** All connections of a lane were busy for too long, or a lock was not released. Nothing was changed. */
export class DatabaseBusyError extends TrustcastError {
  constructor(cause: unknown) {
    super('DATABASE_BUSY', 'the database is busy', { cause, retryable: true });
  }
}

/** A statement exceeded its time limit. A retry fails again; a smaller query helps. */
export class StatementTooLongError extends TrustcastError {
  /** Marks the error for GraphQL as one that the client can correct. */
  readonly extensions = { code: 'LIMIT_EXCEEDED' };
  constructor(cause: unknown) {
    super('LIMIT_EXCEEDED', 'the request takes too long: ask for less, for example smaller pages', { cause });
  }
}

/** The client is gone, so no one reads this error. */
export class AskerGoneError extends TrustcastError {
  constructor() {
    super('ASKER_GONE', 'the client closed the connection');
  }
}

interface PostgresError {
  readonly code?: string;
  readonly constraint?: string;
}

function postgresError(error: unknown): PostgresError {
  // TypeORM wraps what the driver raises.
  const { driverError } = error as { driverError?: unknown };
  return ((driverError ?? error) as PostgresError | undefined) ?? {};
}

/** Name of the constraint that a row would break: unique (23505) or foreign key (23503). */
export function brokenConstraint(error: unknown): string | undefined {
  const { code, constraint } = postgresError(error);
  return code === '23505' || code === '23503' ? constraint : undefined;
}

/** Serialization failure and deadlock: the same transaction may succeed when it is run again. */
export function isConflict(error: unknown): boolean {
  const { code } = postgresError(error);
  return code === '40001' || code === '40P01';
}

const CONNECTION_LOST =
  /^(08...|57P0[1235]|25P0[34]|53[023]00|53400|25006|ECONN(REFUSED|RESET|ABORTED)|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EMFILE|ENFILE)$/;
/** disk_full and io_error. */
const NO_ROOM = /^(53100|58030)$/;

/** Errors of the connection become {@link DatabaseUnavailableError}, a full disk {@link DatabaseFullError}; others stay as they are. */
export function explainDatabaseError(error: unknown): unknown {
  if (error instanceof TrustcastError) return error;
  const { code } = postgresError(error);
  if (code !== undefined && NO_ROOM.test(code)) return new DatabaseFullError(error);
  if (code !== undefined && CONNECTION_LOST.test(code)) return new DatabaseUnavailableError(error);
  if (code === '57014') return new StatementTooLongError(error);
  if (code === '55P03') return new DatabaseBusyError(error);
  // TypeORM's runner lets go of a connection as soon as it breaks.
  if (error instanceof QueryRunnerAlreadyReleasedError) return new DatabaseUnavailableError(error);
  const { message } = (error ?? {}) as { message?: unknown };
  if (message === 'timeout exceeded when trying to connect') return new DatabaseBusyError(error);
  // pg gives these no code.
  return typeof message === 'string' &&
    /^(Connection terminated|Client has encountered a connection error|Query read timeout)/.test(message)
    ? new DatabaseUnavailableError(error)
    : error;
}
