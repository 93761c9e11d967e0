/** `statfs` types (linux/magic.h) of file systems where inotify does not see other hosts, or rename is not atomic. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
]);

/** Name of a remote file system; null for a local one. */
export function remoteFileSystem(type: number): string | null {
  return REMOTE.get(type) ?? null;
}
