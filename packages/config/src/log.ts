import { TrustcastError } from '@trustcast/schema';
import { printableJson } from '@trustcast/terminal';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What an event is about. `error` is what went wrong; every other member is written as it is. */
export type Fields = Readonly<Record<string, unknown>>;
type Write = (message: string, fields?: Fields) => void;
export type Log = Readonly<Record<Exclude<LogLevel, 'silent'>, Write>>;

/** An error in a line of the log. */
interface LoggedError {
  readonly code: string;
  readonly message: string;
  readonly cause?: LoggedError;
  /** Only in a line of level error, and only of a mistake of the program. */
  readonly stack?: string;
}

export interface LogOptions {
  /** Writes a line, which ends with a line feed. Standard output without it. */
  readonly write?: (line: string) => void;
  /** Whether a line is left out because its error is known and reported elsewhere. */
  readonly isKnown?: (error: unknown) => boolean;
}

const MAX_CAUSES = 5;

/**
 * Writes each event as one line of JSON: `level`, `time` (ISO 8601, UTC), `msg`, then its fields. Characters that act on a
 * terminal are escaped.
 */
export function createLog(level: LogLevel, { write = toStandardOutput, isKnown }: LogOptions = {}): Log {
  const from = LOG_LEVELS.indexOf(level);
  const at =
    (name: LogLevel): Write =>
    (msg, { error, ...fields } = {}) => {
      if (LOG_LEVELS.indexOf(name) < from) return;
      if (error !== undefined && isKnown?.(error) === true) return;
      const failure = error !== undefined && { error: loggedError(error, name === 'error') };
      const line = { ...fields, ...failure };
      const head = { level: name, time: new Date().toISOString(), msg };
      write(`${printableJson(JSON.stringify({ ...head, ...line, ...head }))}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function toStandardOutput(line: string): void {
  process.stdout.write(line);
}

function loggedError(error: unknown, withStack: boolean, depth = 1): LoggedError | string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { code, name, message, cause, stack, errors } = error as Partial<AggregateError & NodeJS.ErrnoException>;
  const inner = cause !== undefined && cause !== null && depth < MAX_CAUSES;
  return {
    code: code ?? name ?? 'UNKNOWN',
    message: errors === undefined ? (message ?? '') : messagesOf(errors),
    ...(inner && { cause: loggedError(cause, false, depth + 1) as LoggedError }),
    ...(withStack && isMistake(error) && { stack }),
  };
}

/** Several addresses of one host: Node puts each one's error into an AggregateError, which says nothing itself. */
function messagesOf(errors: readonly unknown[]): string {
  return [...new Set(errors.map((each) => (each as Error).message))].join(', ');
}

/** Neither raised on purpose nor a failed system call: whoever mends the program needs to know where. */
function isMistake(error: object): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return !(error instanceof TrustcastError) && !(typeof code === 'string' && /^E[A-Z0-9]+$/.test(code));
}
