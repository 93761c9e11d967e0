import { type Stats, closeSync, constants, fstatSync, mkdirSync, openSync, readlinkSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { isErrno } from '@trustcast/config';
import { DirectoryError } from '../errors.js';
import { type Folder, folderOf } from './open-folder.js';
import { O_PATH } from './open-flags.js';
import { isWrittenByOthers } from './written-by-others.js';

/** Number of links that Linux follows. */
const MAX_LINKS = 40;

export interface OwnedOptions {
  /** Mode of missing directories that are created; undefined: none is created. */
  readonly make?: number;
  /** True where everyone may write into the directory itself, and nobody may remove what is another's. */
  readonly isShared?: boolean;
  /** A user who may own directories of the path as well: root acts for this user. A link of theirs is refused all the same. */
  readonly owner?: number;
}

/**
 * Opens a directory that only root and the agent's own user could exchange: each directory of the path is opened in its parent
 * and checked while it is open, so that {@link Folder.at} acts there, whatever gets its name. The owner of a directory can give
 * its name to another one, and the owner of a link chooses its target, whatever that is at present.
 *
 * @throws DirectoryError `DIRECTORY_UNSAFE`, or the failed system call's error
 */
export function openOwned(path: string, { make, isShared = false, owner }: OwnedOptions = {}): Folder {
  const walk = new Walk(owner);
  try {
    const names = resolve(path).split('/').reverse();
    let links = 0;
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        walk.back();
        continue;
      }
      walk.check(false);
      const target = walk.enter(name, make);
      if (target === null) continue;
      if ((links += 1) > MAX_LINKS) throw unsafe(`${path} is a link that leads nowhere`);
      names.push(...target.split('/').reverse());
    }
    walk.check(!isShared);
    return folderOf(walk.take());
  } finally {
    walk.close();
  }
}

/** Runs work in the directory of a file, opened by {@link openOwned}. @throws as that and the work do */
export function inOwned<Result>(
  path: string,
  work: (folder: Folder, name: string) => Result,
  options?: OwnedOptions,
): Result {
  const folder = openOwned(dirname(path), options);
  try {
    return work(folder, basename(path));
  } finally {
    folder.close();
  }
}

/** The open directories of a path, from the root on. */
class Walk {
  readonly #owner: number | undefined;
  readonly #folders: { fd: number; path: string }[] = [];

  constructor(owner: number | undefined) {
    this.#owner = owner;
    this.#begin();
  }

  get #last(): { fd: number; path: string } {
    return this.#folders.at(-1) ?? { fd: -1, path: '/' };
  }

  back(): void {
    if (this.#folders.length > 1) closeSync(this.#folders.pop()?.fd ?? -1);
  }

  /** Enters a directory in the last one; of a link, returns the target instead. */
  enter(name: string, make: number | undefined): string | null {
    const folder = this.#last;
    const at = `/proc/self/fd/${folder.fd}/${name}`;
    const path = resolve(folder.path, name);
    const fd = make === undefined ? openPlace(at) : openOrMake(at, make);
    const stat = fstatSync(fd);
    if (!stat.isSymbolicLink()) {
      this.#folders.push({ fd, path });
      // The kernel says ENOTDIR in its own words.
      if (!stat.isDirectory()) closeSync(openSync(at, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
      return null;
    }
    closeSync(fd);
    if (isForeign(stat)) throw unsafe(`${path} is a link of uid ${stat.uid}, who could lead it elsewhere`);
    const target = readlinkSync(at);
    if (target.startsWith('/')) {
      this.close();
      this.#begin();
    }
    return target;
  }

  /** @throws DirectoryError where somebody else could exchange what is in the last one */
  check(isLast: boolean): void {
    const { fd, path } = this.#last;
    const stat = fstatSync(fd);
    if (isForeign(stat, this.#owner))
      throw unsafe(
        `${path} belongs to uid ${stat.uid}, who could exchange what is in it: give it to root or to the agent’s user`,
      );
    const isSticky = (stat.mode & 0o1000) !== 0;
    if (isWrittenByOthers(stat) && (!isSticky || isLast))
      throw unsafe(`${path} is writable by other users, its group, or a list of access control: chmod go-w ${path}`);
  }

  /** The last one, which stays open. */
  take(): number {
    return this.#folders.pop()?.fd ?? -1;
  }

  close(): void {
    for (const { fd } of this.#folders.splice(0)) closeSync(fd);
  }

  #begin(): void {
    this.#folders.push({ fd: openSync('/', O_PATH | constants.O_DIRECTORY), path: '/' });
  }
}

function openPlace(path: string): number {
  return openSync(path, O_PATH | constants.O_NOFOLLOW);
}

/** Creates directories one by one: `recursive` of Node reports ENOENT on a read-only file system. */
function openOrMake(path: string, mode: number): number {
  try {
    return openPlace(path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  try {
    mkdirSync(path, mode);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  return openPlace(path);
}

function isForeign({ uid }: Stats, owner?: number): boolean {
  return uid !== 0 && uid !== process.geteuid?.() && uid !== owner;
}

function unsafe(message: string): DirectoryError {
  return new DirectoryError('DIRECTORY_UNSAFE', message);
}
