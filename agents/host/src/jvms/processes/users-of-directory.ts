import { readdirSync, readlinkSync } from 'node:fs';
import { javaOptions } from './java-options.js';
import { type JvmProcess, JvmScanner } from './jvm-scanner.js';
import type { Watchdog } from './watchdog.js';

/**
 * The JVMs that use a directory: their options name it, or they have a file of it open, such as the status file whose lock they
 * hold, also where the file has no name any more.
 */
export function usersOfDirectory(directory: string, watchdog: Watchdog): JvmProcess[] {
  const uses = (process: JvmProcess): boolean =>
    javaOptions(process).some(({ text }) => names(text, directory)) || hasOpen(process.pid, directory);
  return new JvmScanner(watchdog, Infinity)
    .scan()
    .filter((process) => watchdog.during(process.pid, () => uses(process)));
}

function names(options: string, directory: string): boolean {
  for (let at = options.indexOf(directory); at >= 0; at = options.indexOf(directory, at + 1)) {
    const next = options[at + directory.length];
    if (next === undefined || /[\s,/:;"']/.test(next)) return true;
  }
  return false;
}

function hasOpen(pid: number, directory: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${name}`).startsWith(`${directory}/`);
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
