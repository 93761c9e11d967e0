import { readFileSync } from 'node:fs';
import { readLines } from '../../files/read-lines.js';

/** A namespace of a hostile user may have 100,000 mounts. */
const MAX_BYTES = 8 * 1_024 * 1_024;

/** One mount of a process, as it sees it. */
export interface Mount {
  readonly id: number;
  /** Major and minor number of its file system, as decimal digits. */
  readonly device: string;
  readonly point: string;
  /** Of the mount, or of the whole file system. */
  readonly isReadOnly: boolean;
}

/** The mounts of a process, in their order; none where they may not be read. */
function* mountsOf(pid: number | 'self'): Generator<Mount, void> {
  try {
    for (const line of readLines(`/proc/${pid}/mountinfo`, MAX_BYTES)) {
      // proc(5): optional fields end with a hyphen; the file system's own options come last.
      const [id = '', , device = '', , point = '', options = ''] = line.split(' ');
      const whole = line.slice(line.indexOf(' - ') + 3).split(' ')[2] ?? '';
      const isReadOnly = [options, whole].some((list) => list.split(',').includes('ro'));
      yield { id: Number(id), device, point: unescaped(point), isReadOnly };
    }
  } catch {
    // Another user's, or gone.
  }
}

/** Mount points of a process, as it sees its paths. */
export function mountPoints(pid: number | 'self'): ReadonlySet<string> {
  return new Set([...mountsOf(pid)].map(({ point }) => point));
}

/** The mount of a process's namespace on which an open file lies; null where it is none of them. */
export function mountOf(pid: number | 'self', fd: number): Mount | null {
  const id = Number(/^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? -1);
  for (const mount of mountsOf(pid)) if (mount.id === id) return mount;
  return null;
}

/** The innermost mount point on a path that the process has and this process has not; null where there is none. */
export function ownMountOver(pid: number, path: string): string | null {
  const ours = mountPoints('self');
  let found: string | null = null;
  for (const { point } of mountsOf(pid))
    if ((path === point || path.startsWith(`${point}/`)) && !ours.has(point) && point.length > (found?.length ?? 0))
      found = point;
  return found;
}

function unescaped(point: string): string {
  const bytes = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
