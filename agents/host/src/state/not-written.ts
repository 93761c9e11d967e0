import { errnoOf } from '@trustcast/config';

/** What an administrator must do where more room does not help. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['EFBIG', 'no file of the agent may grow to this size: raise LimitFSIZE= of its unit (ulimit -f)'],
]);

/** The reason of a file that could not be written: `<what>_NOT_WRITTEN: <errno>`, and what to do where that is not to make room. */
export function notWritten(what: 'STATE' | 'TRUSTSTORE' | 'PEM_BUNDLE', error: unknown): string {
  const errno = errnoOf(error);
  const remedy = REMEDIES.get(errno);
  return `${what}_NOT_WRITTEN: ${errno}${remedy === undefined ? '' : `: ${remedy}`}`;
}
