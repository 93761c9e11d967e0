import { ITEMS_PER_PAUSE } from '../../pauses.js';

/** Column of /proc/net/unix: connected. */
const CONNECTED = '03';
/** As the kernel writes it: address, counts and flags, type, state, inode, and the name that the socket was bound to. */
const LINE = /^([0-9a-f]{8,16}): [0-9A-F]{8} 00000000 [0-9A-F]{8} [0-9A-F]{4} ([0-9A-F]{2}) +(\d+)(?: (.*))?$/;

/** Sockets that /proc/net/unix seems to list: a name may contain any byte, also line ends, so that parts of it look like lines. */
export interface ListedSockets {
  /** Inodes of all lines, genuine or not. */
  readonly claimed: ReadonlySet<string>;
  /** Inodes of connections that were accepted through a socket of the name. */
  readonly taken: readonly string[];
}

/**
 * Reads lines of /proc/net/unix, of which everybody may add many, with pauses. A connection counts where its line has the kernel's exact form, and where neither its
 * address nor its inode is in any other. HotSpot binds a socket with a suffix and renames it then.
 */
export function* listedSockets(lines: Iterable<string>, name: string): Generator<void, ListedSockets> {
  const addresses = new Map<string, number>();
  const inodes = new Map<string, number>();
  const found: { address: string; inode: string }[] = [];
  let count = 0;
  for (const line of lines) {
    if ((count += 1) % ITEMS_PER_PAUSE === 0) yield;
    const [, address, state, inode, path = ''] = LINE.exec(line) ?? [];
    if (address === undefined || inode === undefined) continue;
    addresses.set(address, (addresses.get(address) ?? 0) + 1);
    inodes.set(inode, (inodes.get(inode) ?? 0) + 1);
    const last = path.slice(path.lastIndexOf('/') + 1);
    if (state === CONNECTED && (last === name || last === `${name}.tmp`)) found.push({ address, inode });
  }
  const isOne = ({ address, inode }: { address: string; inode: string }): boolean =>
    // Zeros stand for every address where the kernel tells none.
    (addresses.get(address) === 1 || /^0+$/.test(address)) && inodes.get(inode) === 1;
  return { claimed: new Set(inodes.keys()), taken: found.filter(isOne).map(({ inode }) => inode) };
}
