import { basename } from 'node:path';
import { readCarefully } from '../../files/careful-file.js';
import { optionWords } from './option-words.js';
import { type ProcessFacts, readProc } from './process-facts.js';

/** An option of a JVM, and where it was found. */
export interface JavaOption {
  readonly text: string;
  /** `the command line`, the name of a variable, or `the file <path>`. */
  readonly from: string;
}

/** Variables that every launcher or every JVM reads. */
const READ_BY_JVMS = ['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS'];
const MAX_FILE_BYTES = 1_024 * 1_024;
/** Maximum number of option files, which the user of the JVM chooses. */
const MAX_FILES = 16;
const COMMAND_LINE = 'the command line';

/** Options of `java` whose value is the next argument. */
export const WITH_VALUE: ReadonlySet<string> = new Set([
  '-cp',
  '-classpath',
  '--class-path',
  '-p',
  '--module-path',
  '--upgrade-module-path',
  '--add-modules',
  '--add-opens',
  '--add-exports',
  '--add-reads',
  '--patch-module',
  '--limit-modules',
  '--source',
]);

/** Options that a JVM was started with: its arguments, the variables that JVMs read, and the files that these name. */
export function javaOptions(process: ProcessFacts): JavaOption[] {
  const given = optionsOfCommand(process).map((text) => ({ text, from: COMMAND_LINE }));
  const read = variablesOf(process).filter(({ name }) => READ_BY_JVMS.includes(name));
  let files = 0;
  const whole = (option: JavaOption): JavaOption[] => {
    const [, mark, path] = /^(@(?!@)|-XX:VMOptionsFile=)(.+)$/s.exec(option.text) ?? [];
    if (path === undefined || (files += 1) > MAX_FILES) return [option];
    const words = optionWords(textOf(process, path), { isFile: mark === '@' });
    return [option, ...words.map((text) => ({ text, from: `the file ${path}` }))];
  };
  return [
    ...given,
    ...read.flatMap(({ name, value }) => optionWords(value).map((text) => ({ text, from: name }))),
  ].flatMap(whole);
}

/** Words of all other variables, which start scripts may hand on. */
export function scriptOptions(process: ProcessFacts): JavaOption[] {
  return variablesOf(process)
    .filter(({ name, value }) => !READ_BY_JVMS.includes(name) && value.includes('-javaagent:'))
    .flatMap(({ name, value }) => optionWords(value).map((text) => ({ text, from: name })));
}

/** Arguments of the JVM, not of its program. A launcher that is not called java names its program in its own way. */
function optionsOfCommand({ command, exe }: ProcessFacts): readonly string[] {
  const words = command.slice(1);
  if (exe === null || basename(exe) !== 'java') return words;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (WITH_VALUE.has(word)) at += 1;
    else if (['-jar', '-m', '--module'].includes(word) || !/^[-@]/.test(word)) return words.slice(0, at);
  }
  return words;
}

/** Environment of a process; empty where it may not be read. */
function variablesOf({ pid }: ProcessFacts): { name: string; value: string }[] {
  return (readProc(`/proc/${pid}/environ`)?.split('\0') ?? []).map((line) => {
    const end = line.indexOf('=');
    return { name: line.slice(0, Math.max(0, end)), value: line.slice(end + 1) };
  });
}

function textOf({ pid, uid, gid }: ProcessFacts, path: string): string {
  try {
    const inside = { root: `/proc/${pid}/root`, from: `/proc/${pid}/cwd` };
    const { bytes } = readCarefully(path, { maxBytes: MAX_FILE_BYTES, ...inside, readableBy: { uid, gid } });
    return bytes.toString('utf8');
  } catch {
    return '';
  }
}
