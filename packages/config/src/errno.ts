import { constants } from 'node:os';

/** Name of an error of the system, such as `ENOSPC`. */
export type Errno = keyof typeof constants.errno;

/** The errno of a failed system call; the code or the class of any other error. */
export function errnoOf(error: unknown): string {
  // Not by instanceof: an error may be of another realm.
  const { code, errno, name } = (typeof error === 'object' ? (error ?? {}) : {}) as Partial<NodeJS.ErrnoException>;
  // libuv has no name for some, a quota that is used up among them.
  const named = Object.entries(constants.errno).find(([, value]) => value === -(errno ?? 0));
  return code?.startsWith('Unknown system error') ? (named?.[0] ?? code) : (code ?? name ?? 'UNKNOWN');
}

/** Whether a system call failed with one of these. */
export function isErrno(error: unknown, ...errnos: readonly Errno[]): boolean {
  return (errnos as readonly string[]).includes(errnoOf(error));
}
