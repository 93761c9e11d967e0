import { readFileSync } from 'node:fs';

/** Where a process has something mounted, as it sees its paths; nothing where it may not be looked at. */
export function mountPoints(pid: number | 'self'): ReadonlySet<string> {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/mountinfo`, 'utf8');
  } catch {
    return new Set();
  }
  return new Set(
    text
      .split('\n')
      .map((line) =>
        (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
      ),
  );
}
