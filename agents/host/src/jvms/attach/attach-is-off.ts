import { readCarefully } from '../../files/careful-file.js';
import { javaOptions } from '../processes/java-options.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import { perfConstant } from '../processes/perf-data.js';

/** A file of flags has no -XX: before it. */
const OFF = '+DisableAttachMechanism';
const MAX_BYTES = 1_024 * 1_024;

/** True where attaching was switched off: such a JVM answers SIGQUIT with a thread dump on its stdout. */
export function attachIsOff(process: JvmProcess): boolean {
  const options = javaOptions(process).map(({ text }) => text);
  if (options.includes(`-XX:${OFF}`)) return true;
  // The JVM's own claim, wherever the option came from.
  const capabilities = perfConstant(process, 'sun.rt.jvmCapabilities');
  if (capabilities !== null) return capabilities.startsWith('0');
  const files = options.flatMap((option) => /^-XX:Flags=(.+)$/s.exec(option)?.[1] ?? []);
  return files.some((file) => flagsIn(process, file).includes(OFF));
}

/** Content of a file of flags without comments; empty where it cannot be read. */
function flagsIn({ pid, uid, gid }: JvmProcess, file: string): string {
  try {
    const inside = { root: `/proc/${pid}/root`, from: `/proc/${pid}/cwd` };
    const { bytes } = readCarefully(file, { maxBytes: MAX_BYTES, ...inside, readableBy: { uid, gid } });
    return bytes.toString('latin1').replace(/#.*/g, '');
  } catch {
    return '';
  }
}
