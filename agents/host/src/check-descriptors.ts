import { readFileSync } from 'node:fs';

/** Descriptors for Node, for the files of this program while it loads, and for what it opens. Node has raised the limit already. */
const NEEDED = 256;

/** The problem with the limit of open files, before anything else is loaded; null where there is none. */
export function problemInDescriptors(): string | null {
  const allowed = allowedDescriptors();
  return allowed >= NEEDED
    ? null
    : `TOO_FEW_DESCRIPTORS: this process may have ${allowed} open files, and needs ${NEEDED}; raise the limit (ulimit -n 1024, or LimitNOFILE=1024 in the systemd unit)`;
}

function allowedDescriptors(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
