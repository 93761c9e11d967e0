import { readFileSync } from 'node:fs';

/** Of Node, of this program's files while it is loaded, and of what it opens. Node has raised the limit as far as it may. */
const NEEDED = 128;

/** What is wrong with the limit of open files, before anything else is loaded; null: nothing. */
export function problemInDescriptors(): string | null {
  const allowed = allowedDescriptors();
  return allowed >= NEEDED
    ? null
    : `TOO_FEW_DESCRIPTORS: this process may have ${allowed} open files, and needs ${NEEDED}; raise the limit (ulimit -n 1024)`;
}

function allowedDescriptors(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
