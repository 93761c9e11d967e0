import { readdirSync, readlinkSync } from 'node:fs';
import { type OurNames, namedAgent } from '../silence/named-agent.js';
import { javaOptions } from './java-options.js';
import { type JvmProcess, JvmScanner } from './jvm-scanner.js';
import type { Watchdog } from './watchdog.js';

const DELETED = / \(deleted\)$/;
const STATUS_FILE = /\/jvms\/[0-9a-f]{32}\.json$/;

/**
 * The JVMs that use a directory: their options name it, or they have a file of it open, such as the status file whose lock they
 * hold, also where the file has no name any more. One that was attached lets go of that after the directory is gone: a JVM that
 * has the jar open that our agent attaches with, and the status file of no directory, may be of this one.
 */
export function usersOfDirectory(ours: OurNames, watchdog: Watchdog): JvmProcess[] {
  return new JvmScanner(watchdog, Infinity)
    .scan()
    .filter((process) => watchdog.during(process.pid, () => uses(process, ours)));
}

function uses(process: JvmProcess, ours: OurNames): boolean {
  if (javaOptions(process).some(({ text }) => names(text, ours.directory))) return true;
  const open = openFiles(process.pid);
  if (open.some((path) => path.startsWith(`${ours.directory}/`))) return true;
  const isAttached = ours.jar !== undefined && open.includes(ours.jar);
  return isAttached && !open.some((path) => STATUS_FILE.test(path)) && namedAgent(process, ours) === null;
}

function names(options: string, directory: string): boolean {
  for (let at = options.indexOf(directory); at >= 0; at = options.indexOf(directory, at + 1)) {
    const next = options[at + directory.length];
    if (next === undefined || /[\s,/:;"']/.test(next)) return true;
  }
  return false;
}

/** Paths of the open files of a process, those without a name by their last one. */
function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${name}`).replace(DELETED, '')];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
