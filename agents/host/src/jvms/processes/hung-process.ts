import { HUNG_PREFIX } from './watchdog.js';

/** A process that is left alone, because a look at it did not come back. */
export interface HungProcess {
  readonly pid: number;
  /** Null where it has ended. */
  readonly uid: number | null;
  readonly id: string;
}

/** Names the process, and says what to do. */
export function hungText({ pid, uid, id }: HungProcess): string {
  const whose = uid === null ? '' : ` of uid ${uid}`;
  return `looking at pid ${pid}${whose} does not come back, for it or a file system of its does not answer: end it, or remove state/${HUNG_PREFIX}${id} once it answers`;
}
