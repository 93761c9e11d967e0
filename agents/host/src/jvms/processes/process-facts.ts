import { closeSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { readStart } from '../../files/careful-file.js';

/** Default of `ARG_MAX` for arguments and environment together. */
const MAX_PROC_BYTES = 2 * 1_024 * 1_024;
/** `/proc` counts in ticks of 10 ms on every Linux (USER_HZ). */
export const MS_PER_TICK = 10;

/** Facts about a process from `/proc/<pid>`. */
export interface ProcessFacts {
  readonly pid: number;
  /** Pid in the innermost namespace, as the process sees itself. */
  readonly nsPid: number;
  readonly startTicks: number;
  readonly startedAt: number;
  /** Effective user and group. */
  readonly uid: number;
  readonly gid: number;
  /** False where SIGQUIT would end the process. */
  readonly catchesQuit: boolean;
  readonly command: readonly string[];
  readonly exe: string | null;
}

/** The supplementary groups of a process. */
export function groupsOf(pid: number): number[] {
  const groups = /^Groups:[ \t]*(.*)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1] ?? '';
  return groups.split(' ').filter(Boolean).map(Number);
}

let boot: string | undefined;

/** Boot id of the kernel. */
export function bootId(): string {
  return (boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
}

/** Field 22 of `/proc/<pid>/stat`; null when there is no such process. */
export function startTicksOf(pid: number): number | null {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The command in parentheses may hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has let go of everything.
  return fields[0] === 'Z' || fields[0] === 'X' ? null : Number(fields[19]);
}

/** Reads a process; null where it has ended, or where the id is that of a thread, for which `/proc` answers too. */
export function readProcess(pid: number): ProcessFacts | null {
  const startTicks = startTicksOf(pid);
  const status = readProc(`/proc/${pid}/status`);
  const command = readProc(`/proc/${pid}/cmdline`);
  if (startTicks === null || status === null || command === null) return null;
  const field = (name: string): string[] => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [];
  if (Number(field('Tgid')[0]) !== pid) return null;
  return {
    pid,
    nsPid: Number(field('NSpid').at(-1) ?? pid),
    startTicks,
    startedAt: bootTimeMs() + startTicks * MS_PER_TICK,
    uid: Number(field('Uid')[1]),
    gid: Number(field('Gid')[1]),
    catchesQuit: (BigInt(`0x${field('SigCgt')[0] ?? '0'}`) & 0x4n) !== 0n,
    command: command.split('\0').slice(0, -1),
    exe: exeOf(pid),
  };
}

/** Effective user of a process; null where it has ended. */
export function effectiveUidOf(pid: number): number | null {
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return uid === undefined ? null : Number(uid);
}

/** Number of threads of a process; 0 where it has ended. */
export function threadsOf(pid: number): number {
  return Number(/^Threads:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
}

/** Path of the executable as its mount namespace names it; null when it may not be read. */
export function exeOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null;
  }
}

let bootTime: number | undefined;

function bootTimeMs(): number {
  return (bootTime ??= Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0) * 1_000);
}

/** Reads the beginning of a file of `/proc/<pid>`: a command line may have megabytes. Null where it may not be read. */
export function readProc(path: string): string | null {
  try {
    const file = openSync(path, 'r');
    try {
      return readStart(file, MAX_PROC_BYTES).toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}
