import { type Stats, closeSync, constants, fstatSync, openSync, readSync, readlinkSync } from 'node:fs';
import { TrustcastError } from '@trustcast/schema';
import { O_PATH } from './open-flags.js';
import { permissionOf } from './permission.js';
import { isWrittenByOthers } from './written-by-others.js';

/** Number of links that Linux follows. */
const MAX_LINKS = 40;
const CHUNK_BYTES = 64 * 1_024;
/** Of the read under way: one for each of hundreds of short files of `/proc` makes V8 collect the whole heap. */
const chunkRead = Buffer.allocUnsafeSlow(CHUNK_BYTES);

/** A user on whose behalf a file is read, and who must be able to read it. */
export interface Reader {
  readonly uid: number;
  readonly gid?: number;
}

export interface Caution {
  /** A larger file is refused. */
  readonly maxBytes: number;
  /** Root of absolute paths and links: `/proc/<pid>/root` of a process. */
  readonly root?: string;
  /** Start of relative paths: `/proc/<pid>/cwd`. */
  readonly from?: string;
  /** False refuses every link. A link that is followed must lead to a file that the link's owner can read. */
  readonly links?: boolean;
  /** The user whose file it should be; the file may be root's too. */
  readonly readableBy?: Reader;
}

/**
 * Reads a file whose path, or whose place in the file system, another user chooses: regular files alone, never waiting for a
 * FIFO or a device, never more than `maxBytes`. Each directory of the path is opened in its parent, so that nobody can put a
 * link in the place of one, and a link cannot lead out of `root`.
 *
 * @throws TrustcastError `FILE_UNSAFE`, or the failed system call's error
 */
export function readCarefully(path: string, caution: Caution): { bytes: Buffer; ownerUid: number; stat: Stats } {
  return readWith(path, caution, (_file, read) => read);
}

/** Reads as {@link readCarefully} does, and asks something else of the open file. */
export function readWith<T>(
  path: string,
  caution: Caution,
  ask: (file: number, read: { bytes: Buffer; ownerUid: number; stat: Stats }) => T,
): T {
  const file = openCarefully(path, caution);
  try {
    const stat = fstatSync(file);
    return ask(file, { bytes: readAll(file, path, caution.maxBytes), ownerUid: stat.uid, stat });
  } finally {
    closeSync(file);
  }
}

/** The open file of {@link readCarefully}. @throws TrustcastError `FILE_UNSAFE`, or the failed system call's error */
function openCarefully(path: string, { root = '/', from, links = true, readableBy, maxBytes }: Caution): number {
  const readers: Reader[] = readableBy ? [readableBy] : [];
  const isRelative = !path.startsWith('/') && from !== undefined;
  const folders = [openSync(isRelative ? from : root, O_PATH | constants.O_DIRECTORY)];
  const names = path.split('/').reverse();
  let followed = 0;
  try {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const folder = folders.at(-1) ?? -1;
      if (name === '' || name === '.') continue;
      if (name === '..') {
        if (folders.length > 1) closeSync(folders.pop() ?? -1);
        else if (isRelative) folders.push(openSync(`/proc/self/fd/${folder}/..`, O_PATH | constants.O_DIRECTORY));
        continue;
      }
      const found = openSync(`/proc/self/fd/${folder}/${name}`, O_PATH | constants.O_NOFOLLOW);
      folders.push(found);
      const stat = fstatSync(found);
      if (stat.isSymbolicLink()) {
        if (!links || (followed += 1) > MAX_LINKS) throw unsafe(path, 'must not be reached by a link');
        readers.push(...chosenBy(stat, fstatSync(folder)));
        const target = readlinkSync(`/proc/self/fd/${folder}/${name}`);
        names.push(...target.split('/').reverse());
        closeSync(folders.pop() ?? -1);
        if (target.startsWith('/')) {
          for (const left of folders.splice(0)) closeSync(left);
          folders.push(openSync(root, O_PATH | constants.O_DIRECTORY));
        }
      } else if (stat.isDirectory()) {
        if (!readers.every((reader) => may(reader, stat, 0o1, found))) throw unsafe(path, NOT_THEIRS);
      } else {
        if (names.some((left) => left !== '' && left !== '.')) throw unsafe(path, 'must not lead through a file');
        refuse(found, stat, path, { maxBytes, readers, owner: readableBy?.uid });
        // Again, by what is open: exactly this file.
        return openSync(`/proc/self/fd/${found}`, constants.O_RDONLY | constants.O_NONBLOCK);
      }
    }
    throw unsafe(path, 'must be a regular file');
  } finally {
    for (const left of folders) closeSync(left);
  }
}

/** An id that no user has: a file must be readable for everyone. */
const NOBODY = -1;
const NOT_THEIRS = 'must be readable for the user who names it';

function refuse(
  file: number,
  stat: Stats,
  path: string,
  { maxBytes, readers, owner }: { maxBytes: number; readers: readonly Reader[]; owner: number | undefined },
): void {
  if (!stat.isFile()) throw unsafe(path, 'must be a regular file');
  if (stat.size > maxBytes) throw unsafe(path, `must not be larger than ${maxBytes / 1_024} KB`);
  if (owner !== undefined && stat.uid !== 0 && stat.uid !== owner)
    throw unsafe(path, 'must belong to root or to the user who names it');
  if (!readers.every((reader) => may(reader, stat, 0o4, file))) throw unsafe(path, NOT_THEIRS);
}

/** Users who may have chosen the target of a link: its owner, the owner of its directory, and others who may write there. */
function chosenBy(link: Stats, folder: Stats): Reader[] {
  const owners = [link.uid, folder.uid].filter((uid) => uid !== 0 && uid !== process.geteuid?.());
  return [...owners, ...(isWrittenByOthers(folder) ? [NOBODY] : [])].map((uid) => ({ uid }));
}

/** True where a user certainly has this right. */
function may({ uid, gid }: Reader, stat: Stats, right: number, file: number): boolean {
  const user = { uid, gids: gid === undefined ? [] : [gid] };
  return permissionOf(user, stat, right, `/proc/${process.pid}/fd/${file}`) === 'yes';
}

/** Reads up to the limit, also from a file that grows or has a wrong size, as those of `/proc` have. */
function readAll(file: number, path: string, maxBytes: number): Buffer {
  const bytes = readStart(file, maxBytes + 1);
  if (bytes.length > maxBytes) throw unsafe(path, `must not be larger than ${maxBytes / 1_024} KB`);
  return bytes;
}

/** Up to `maxBytes` of an open file. */
export function readStart(file: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < maxBytes) {
    const read = readSync(file, chunkRead, 0, Math.min(CHUNK_BYTES, maxBytes - length), null);
    if (read === 0) break;
    chunks.push(Buffer.from(chunkRead.subarray(0, read)));
    length += read;
  }
  return Buffer.concat(chunks, length);
}

function unsafe(path: string, rule: string): TrustcastError {
  return new TrustcastError('FILE_UNSAFE', `${path} ${rule}`);
}
