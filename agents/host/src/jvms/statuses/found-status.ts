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
  /** True where the process holds the lock of these bytes: it has written them itself. */
  readonly isBound: boolean;
  /** False where it is unknown whether it does. */
  readonly isBindingKnown: boolean;
  /** Time of the report, by the monotonic clock. */
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

/** The last bound status of a process: anybody may set the times of files. */
export interface LastWords {
  readonly lock: StatusLock;
  readonly saidAt: number;
}

/** True where `one` takes precedence over the other status of a process: a bound one comes first. */
export function isLater(one: Found, other: Found): boolean {
  return one.isBound === other.isBound ? one.saidAt > other.saidAt : one.isBound;
}

/** True where two statuses differ only in number and time. */
export function isSameWord(one: JvmStatus, other: JvmStatus): boolean {
  return isDeepStrictEqual({ ...one, sequence: 0, writtenAt: 0 }, { ...other, sequence: 0, writtenAt: 0 });
}

/** True while the pid belongs to the same process. */
export function isRunning(process: ProcessFacts): boolean {
  return startTicksOf(process.pid) === process.startTicks;
}
