import { linkSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@trustcast/config';
import { DirectoryError } from '../errors.js';
import { createFile } from '../files/create-file.js';
import type { Folder } from '../files/open-folder.js';
import { readOwn, readOwnIn } from '../files/own-file.js';
import { inOwned } from '../files/owned-folder.js';
import { removeFile } from '../files/remove-file.js';
import { bootId, startTicksOf } from '../jvms/processes/process-facts.js';

export const LOCK_NAME = 'lock';

/**
 * Holds a directory for this process. Node has no flock, so the lock is a file that names boot, pid and start ticks:
 * a holder that was killed is recognised, whoever has its pid now.
 *
 * @throws DirectoryError `DIRECTORY_LOCKED`, `DIRECTORY_UNSAFE`
 */
export function lockDirectory(directory: string): () => void {
  const mine = `${bootId()} ${process.pid} ${startTicksOf(process.pid) ?? 0}\n`;
  inOwned(join(directory, LOCK_NAME), (folder) => {
    const own = `${LOCK_NAME}.${process.pid}`;
    try {
      removeFile(folder.at(own));
      createFile(folder.at(own), mine);
      while (!tryLink(folder, own)) takeAway(folder, `${own}.stale`);
    } finally {
      removeFile(folder.at(own));
    }
  });
  return () => unlock(directory, mine);
}

function unlock(directory: string, mine: string): void {
  try {
    inOwned(join(directory, LOCK_NAME), (folder) => {
      if (read(folder, LOCK_NAME) === mine) removeFile(folder.at(LOCK_NAME));
    });
  } catch {
    // The lock names a process that has ended, as after a crash.
  }
}

/** The pid that holds the lock; null where there is none. */
export function lockHolder(directory: string): number | null {
  const holder = parse(textOf(() => readOwn(join(directory, LOCK_NAME))));
  return holder && isAlive(holder) ? holder.pid : null;
}

function tryLink({ at }: Folder, own: string): boolean {
  try {
    linkSync(at(own), at(LOCK_NAME));
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Removes a lock whose holder has ended. It is moved aside first: between reading and removing, another may have taken it. */
function takeAway(folder: Folder, aside: string): void {
  refuseIfAlive(read(folder, LOCK_NAME));
  try {
    renameSync(folder.at(LOCK_NAME), folder.at(aside));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  const moved = read(folder, aside);
  const holder = parse(moved);
  if (holder && isAlive(holder)) tryLink(folder, aside);
  removeFile(folder.at(aside));
  refuseIfAlive(moved);
}

function refuseIfAlive(text: string | null): void {
  const holder = parse(text);
  if (holder && isAlive(holder))
    throw new DirectoryError('DIRECTORY_LOCKED', `an agent runs on this directory, pid ${holder.pid}: stop it first`);
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

function read(folder: Folder, name: string): string | null {
  return textOf(() => readOwnIn(folder, name));
}

function textOf(reading: () => string): string | null {
  try {
    return reading();
  } catch {
    return null;
  }
}
