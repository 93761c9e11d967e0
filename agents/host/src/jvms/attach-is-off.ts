import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { readCarefully } from './careful-file.js';
import type { JvmProcess } from './jvm-scanner.js';
import { pathInside } from './path-inside.js';
import { perfConstant } from './perf-data.js';

/** A file of flags has no -XX: before it. */
const OFF = '+DisableAttachMechanism';
const MAX_BYTES = 1_024 * 1_024;

/** True where attaching was switched off: such a JVM answers SIGQUIT with a thread dump on its stdout. */
export function attachIsOff(process: JvmProcess): boolean {
  const options = optionsOf(process);
  if (options.includes(`-XX:${OFF}`)) return true;
  // The JVM's own word, wherever the option came from.
  const capabilities = perfConstant(process, 'sun.rt.jvmCapabilities');
  if (capabilities !== null) return capabilities.startsWith('0');
  const files = [...options.matchAll(/(?<=^|[\s=])(?:@|-XX:(?:Flags|VMOptionsFile)=)(\S+)/g)];
  return files.some(([, file = '']) => optionsIn(process.pid, file).includes(OFF));
}

/** Options from the command line and from the variables that every launcher and every JVM read. */
export function optionsOf({ pid, command }: JvmProcess): string {
  let environment: string[] = [];
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    // Another user's; then attaching is refused anyway.
  }
  const variables = environment.filter((line) => /^(JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS)=/.test(line));
  return [...command, ...variables].join(' ');
}

/** What a file of options holds without its comments; nothing where it cannot be read. */
function optionsIn(pid: number, file: string): string {
  try {
    const path = isAbsolute(file) ? pathInside(pid, file) : `/proc/${pid}/cwd/${file}`;
    return readCarefully(path, MAX_BYTES).bytes.toString('latin1').replace(/#.*/g, '');
  } catch {
    return '';
  }
}
