import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @typedef {object} RunningProcess
 * @property {number} pid
 * @property {string} name the kernel's name for it, at most 15 characters
 * @property {string | undefined} cwd undefined when the process belongs to another user
 * @property {string[]} args
 */

/**
 * @param {(process: RunningProcess) => boolean} matches
 * @returns {number[]} the running processes that match; a recorded pid alone may meanwhile belong to something else
 */
export function findProcesses(matches) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const found = isRunning(pid) ? describe(pid) : undefined;
    return found !== undefined && matches(found);
  });
}

/** @param {number} pid @returns {RunningProcess | undefined} */
function describe(pid) {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trimEnd();
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
    return { pid, name, cwd: cwdOf(pid), args };
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function cwdOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/**
 * @param {number} pid
 * @returns {boolean} false for a zombie: a container's first process may never reap it
 */
export function isRunning(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !'ZX'.includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

/**
 * Ends processes and waits until they are gone.
 * @param {number[]} pids
 * @param {NodeJS.Signals[]} signals sent one after the other, each after the one before had its time
 * @param {number} [timeoutMs] for each signal
 */
export async function terminate(pids, signals, timeoutMs = 10_000) {
  let left = pids.filter(isRunning);
  for (const signal of signals) {
    for (const pid of left) send(pid, signal);
    const deadline = Date.now() + timeoutMs;
    while (left.length > 0 && Date.now() < deadline) {
      await delay(10);
      left = left.filter(isRunning);
    }
    if (left.length === 0) return;
  }
  throw new Error(`processes ${left.join(', ')} do not end, not even by ${signals.at(-1)}`);
}

/** @param {number} pid @param {NodeJS.Signals} signal */
function send(pid, signal) {
  try {
    process.kill(pid, signal);
    // A suspended process takes the signal only when it goes on.
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}
