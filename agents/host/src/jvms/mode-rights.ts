import type { Stats } from 'node:fs';
import { type ProcessFacts, readProc } from './process-facts.js';

/** True where the mode gives a process a right (4 read, 2 write, 1 search), without lists of access control. */
export function mayByMode(
  { pid, uid, gid }: ProcessFacts,
  { mode, uid: owner, gid: group }: Stats,
  right: number,
): boolean {
  if (uid === 0) return true;
  if (uid === owner) return (mode & (right << 6)) !== 0;
  return (mode & (group === gid || groupsOf(pid).includes(group) ? right << 3 : right)) !== 0;
}

function groupsOf(pid: number): number[] {
  const groups = /^Groups:[ \t]*(.*)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1] ?? '';
  return groups.split(' ').filter(Boolean).map(Number);
}
