import { linesOf } from '../files/read-lines.js';

/** A namespace of a hostile user may have 100,000 mounts. */
const MAX_BYTES = 8 * 1_024 * 1_024;

/** One mount of a process, as it sees it. */
export interface Mount {
  readonly point: string;
  readonly isReadOnly: boolean;
}

/** The mounts of a process, in their order; nothing where it may not be looked at. */
export function mountsOf(pid: number | 'self'): Mount[] {
  try {
    return [...linesOf(`/proc/${pid}/mountinfo`, MAX_BYTES)].map((line) => {
      const [, , , , point = '', options = ''] = line.split(' ');
      return { point: unescaped(point), isReadOnly: options.split(',').includes('ro') };
    });
  } catch {
    return [];
  }
}

/** Where a process has something mounted, as it sees its paths. */
export function mountPoints(pid: number | 'self'): ReadonlySet<string> {
  return new Set(mountsOf(pid).map(({ point }) => point));
}

function unescaped(point: string): string {
  const bytes = point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
