import { TrustcastError } from '@trustcast/schema';

/** The service cannot start until an operator changes something. The message says what. Exit code 78. */
export class StartError extends TrustcastError {
  constructor(code: string, message: string, cause?: unknown) {
    super(code, message, { cause });
  }
}

/** The command line is wrong. Exit code 64. */
export class UsageError extends TrustcastError {
  constructor(message: string) {
    super('WRONG_USAGE', message);
  }
}

const LISTEN: Record<string, string | undefined> = {
  EADDRINUSE: 'another program listens there; end it, or set TRUSTCAST_PORT',
  EACCES: 'this user may not listen there; set TRUSTCAST_PORT to 1024 or more',
  EADDRNOTAVAIL: 'this machine has no such address; set TRUSTCAST_HOST to one that it has',
  ENOTFOUND: 'the name is not known; set TRUSTCAST_HOST to an address of this machine',
  EAI_AGAIN: 'the name cannot be looked up; set TRUSTCAST_HOST to an address of this machine',
};

export function explainListen(error: unknown, host: string, port: number): Error {
  const cure = LISTEN[(error as NodeJS.ErrnoException).code ?? ''];
  return cure === undefined
    ? (error as Error)
    : new StartError('CANNOT_LISTEN', `cannot listen on ${host}:${port}: ${cure}`);
}

/** Explains why a file or folder that a setting names cannot be used. */
export function explainFile(error: unknown, setting: string, what: string): unknown {
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new StartError(
    'FILE_UNUSABLE',
    `${what} cannot be used (${code}${path === undefined ? '' : ` ${path}`}); give this user the right to it, or set ${setting} to another place`,
  );
}
