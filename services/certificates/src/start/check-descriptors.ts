import { readFileSync } from 'node:fs';
import { StartError } from '../platform/start-error.js';

/** Of a process without clients: its files, its connections to PostgreSQL and NATS, its threads. */
const NEEDED = 256;

/** @throws StartError where the process may have too few descriptors. Node has raised the limit as far as it may. */
export function checkDescriptors(): void {
  const allowed = maxDescriptors();
  if (allowed < NEEDED)
    throw new StartError(
      'TOO_FEW_DESCRIPTORS',
      `this process may have ${allowed} open files, and needs ${NEEDED} and one for each connection; raise the limit (ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit)`,
    );
}

function maxDescriptors(): number {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
