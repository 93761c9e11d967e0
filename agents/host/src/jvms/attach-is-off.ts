import { readCarefully } from '../files/careful-file.js';
import type { JvmProcess } from './jvm-scanner.js';
import { perfConstant } from './perf-data.js';
import { readProc } from './process-facts.js';

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
  return files.some(([, file = '']) => optionsIn(process, file).includes(OFF));
}

/** Options from the command line and from the variables that every launcher and every JVM read. */
export function optionsOf({ pid, command }: JvmProcess): string {
  // Another user's may not be read; then attaching is refused anyway.
  const environment = readProc(`/proc/${pid}/environ`)?.split('\0') ?? [];
  const variables = environment.filter((line) => /^(JDK_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS)=/.test(line));
  return [...command, ...variables].join(' ');
}

/** What a file of options holds without its comments; nothing where it cannot be read. */
function optionsIn({ pid, uid, gid }: JvmProcess, file: string): string {
  try {
    const inside = { root: `/proc/${pid}/root`, from: `/proc/${pid}/cwd` };
    const { bytes } = readCarefully(file, { maxBytes: MAX_BYTES, ...inside, readableBy: { uid, gid } });
    return bytes.toString('latin1').replace(/#.*/g, '');
  } catch {
    return '';
  }
}
