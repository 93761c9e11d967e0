import { isDeepStrictEqual } from 'node:util';
import type { JvmStatus, StatusLock } from '@trustcast/schema';
import type { DirectoryEntry } from './directory-entry.js';
import type { KernelFile } from '../processes/kernel-file.js';
import { type ProcessFacts, startTicksOf } from '../processes/process-facts.js';

/** A status file that was matched with its process. */
export interface Found {
  readonly status: JvmStatus;
  readonly process: ProcessFacts;
  readonly entry: DirectoryEntry;
  /** The process holds the lock that stands for these bytes: it said this, and nobody else for it. */
  readonly isBound: boolean;
  /** False where nobody could tell whether it does. */
  readonly isJudged: boolean;
  /** When it said so, by the monotonic clock. */
  readonly saidAt: number;
}

/** A status file that was read and may be of one of these processes. */
export interface Read {
  readonly entry: DirectoryEntry;
  readonly status: JvmStatus;
  readonly lock: StatusLock;
  readonly file: KernelFile;
  readonly candidates: readonly ProcessFacts[];
}

/** The last words of a process that are bound to it: times of files are anybody's to set. */
export interface LastWords {
  readonly lock: StatusLock;
  readonly saidAt: number;
}

/** True where `one` is the better word of a process: what is bound to it goes first. */
export function isLater(one: Found, other: Found): boolean {
  return one.isBound === other.isBound ? one.saidAt > other.saidAt : one.isBound;
}

/** True when two statuses differ in nothing but their number and time. */
export function isSameWord(one: JvmStatus, other: JvmStatus): boolean {
  return isDeepStrictEqual({ ...one, sequence: 0, writtenAt: 0 }, { ...other, sequence: 0, writtenAt: 0 });
}

/** True while the same process has the pid. */
export function isRunning(process: ProcessFacts): boolean {
  return startTicksOf(process.pid) === process.startTicks;
}
