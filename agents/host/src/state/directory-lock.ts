import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readOwn } from '../files/own-file.js';
import { DirectoryError } from '../errors.js';
import { bootId, startTicksOf } from '../jvms/process-facts.js';

export const LOCK_NAME = 'lock';

/**
 * Holds a directory for this process. Node has no flock, so the lock is a file that names boot, pid and start ticks:
 * a holder that was killed is recognised, whoever has its pid now.
 *
 * @throws DirectoryError `DIRECTORY_LOCKED`
 */
export function lockDirectory(directory: string): () => void {
  const path = join(directory, LOCK_NAME);
  const own = `${path}.${process.pid}`;
  const mine = `${bootId()} ${process.pid} ${startTicksOf(process.pid) ?? 0}\n`;
  try {
    writeFileSync(own, mine, { mode: 0o600 });
    for (;;) {
      if (tryLink(own, path)) break;
      takeAway(path, `${own}.stale`);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return () => {
    if (read(path) === mine) rmSync(path, { force: true });
  };
}

/** The pid that holds the directory; null when nobody does. */
export function lockHolder(directory: string): number | null {
  const holder = parse(read(join(directory, 'lock')));
  return holder && isAlive(holder) ? holder.pid : null;
}

function tryLink(own: string, path: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a lock whose holder is gone. Moved aside first: between reading and removing, another may have taken it. */
function takeAway(path: string, aside: string): void {
  refuseIfAlive(read(path));
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = read(aside);
  const holder = parse(moved);
  if (holder && isAlive(holder)) tryLink(aside, path);
  rmSync(aside, { force: true });
  refuseIfAlive(moved);
}

function refuseIfAlive(text: string | null): void {
  const holder = parse(text);
  if (holder && isAlive(holder))
    throw new DirectoryError('DIRECTORY_LOCKED', `another agent runs on this directory: pid ${holder.pid}`);
}

interface Holder {
  readonly boot: string;
  readonly pid: number;
  readonly ticks: number;
}

function parse(text: string | null): Holder | null {
  const [, boot, pid, ticks] = /^(\S+) (\d+) (\d+)\n$/.exec(text ?? '') ?? [];
  return boot === undefined ? null : { boot, pid: Number(pid), ticks: Number(ticks) };
}

function isAlive({ boot, pid, ticks }: Holder): boolean {
  return boot === bootId() && startTicksOf(pid) === ticks;
}

function read(path: string): string | null {
  try {
    return readOwn(path);
  } catch {
    return null;
  }
}
