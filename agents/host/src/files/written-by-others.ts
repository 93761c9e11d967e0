import type { Stats } from 'node:fs';

/**
 * True where the mode lets others than the owner write. The group's bit counts for every group, that of root too: where a
 * list of access control is, this bit is its mask, and says that some user or group of the list may write.
 */
export function isWrittenByOthers({ mode }: Pick<Stats, 'mode'>): boolean {
  return (mode & 0o022) !== 0;
}
