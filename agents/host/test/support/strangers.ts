import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LIMITS } from '@trustcast/schema';
import { bootId, startTicksOf } from '../../src/jvms/processes/process-facts.js';
import type { Host } from './host.js';

/** Users that nobody selected. */
export const STRANGERS = [65_534, 65_533] as const;
/**
 * A user with a name whom no other test is: a FIFO among the performance data of a user holds up every JVM that this
 * user starts.
 */
export const HOSTILE = 1;
type Stranger = (typeof STRANGERS)[number] | typeof HOSTILE;
export const asStranger = (uid: Stranger): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
];

/** Processes of a stranger, which end with the host. @returns their pids */
export async function strangeProcesses(host: Host, count: number, uid: Stranger = STRANGERS[0]): Promise<number[]> {
  const script = `for i in $(seq ${count}); do sleep 600 & done; echo ready; wait`;
  const [command, ...args] = [...asStranger(uid), 'sh', '-c', script];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const pids = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim().split(' ').map(Number);
  host.onStop(async () => {
    const ended = once(child, 'close');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await ended;
  });
  return pids;
}

/** The threads of a process, itself among them. */
export function threadsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map(Number);
}

/** Writes a file of a stranger that says a process, thread or number is a JVM of theirs; aliases make it `size` bytes long. */
export function claim(host: Host, pid: number, size = 0, uid: Stranger = STRANGERS[0]): void {
  const status = {
    format: 'trustcast-jvm-status/1',
    bootId: bootId(),
    pid,
    startTicks: startTicksOf(pid) ?? 1,
    jdk: { version: '17', vendor: 'x' },
    mainClass: 'Stranger',
    agentVersion: '1',
    via: 'premain',
    file: null,
    state: 'LIVE',
    reason: null,
    loaded: null,
    alsoInBase: Array.from({ length: Math.min(250, Math.floor(size / 258)) }, (_, at) => `${at}`.padEnd(255, 'x')),
    lastError: null,
    hookErrors: 0,
    sequence: 1,
    writtenAt: new Date().toISOString(),
  };
  const path = join(host.directory, 'jvms', `stranger-${pid}.json`);
  writeFileSync(path, JSON.stringify(status).padEnd(Math.min(size, LIMITS.jvmStatusBytes)));
  chownSync(path, uid, uid);
}
