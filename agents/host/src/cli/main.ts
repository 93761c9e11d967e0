import { ConfigError, settingsHelp } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import { OptionError, nearest, parseOptions, printable, printableJson } from '@trustcast/terminal';
import { FLAGS, SETTINGS, SETTINGS_OF, type Setting, environment, loadConfig } from '../config.js';
import { BaseError, DirectoryError } from '../errors.js';
import { AGENT_VERSION } from '../version.js';
import { type Command, EXIT } from './command.js';
import { attach, detach } from './attach.js';
import { doctor } from './doctor.js';
import { jvms } from './jvms.js';
import { liftQuarantine } from './lift-quarantine.js';
import { run } from './run.js';
import { status } from './status.js';

const COMMANDS: readonly Command[] = [run, status, jvms, attach, detach, doctor, liftQuarantine];
const PID = /^[1-9]\d*$/;

/** Runs one command line and returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version') return say(`${AGENT_VERSION}\n`);
  if (name === undefined || ['--help', '-h', 'help'].includes(name)) return say(overview());
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    const near = nearest(
      name,
      COMMANDS.map((each) => each.name),
    );
    const suggestion = near === undefined ? '' : `; did you mean ${near}?`;
    return complain(`there is no command ${name}${suggestion}; see trustcast-agent --help`, EXIT.usage);
  }
  try {
    const { flags, words, help, json, all } = parseLine(rest);
    if (help) return say(helpOf(command));
    const odd = all && command.takes !== 'aliases' ? '--all' : words.find((word) => !mayTake(command, word));
    if (odd !== undefined) {
      const takes = command.takes === 'pids' ? 'only pids' : 'no arguments';
      return complain(`${name} takes ${takes}, not ${odd}; see trustcast-agent ${name} --help`, EXIT.usage);
    }
    const config = loadConfig(environment(), { flags, needsService: command.needsService });
    // JVMs and keystores of strangers have chosen parts of it.
    const shown = json ? printableJson : printable;
    return await command.run(config, { out: (text) => process.stdout.write(`${shown(text)}\n`), json }, words, { all });
  } catch (error) {
    const see = error instanceof OptionError ? `; see trustcast-agent ${name} --help` : '';
    return complain(`${messageOf(error)}${see}`, exitCodeOf(error));
  }
}

function parseLine(argv: readonly string[]): {
  flags: Partial<Record<Setting, string>>;
  words: string[];
  help: boolean;
  json: boolean;
  all: boolean;
} {
  const flag = { type: 'flag' } as const;
  const options = Object.fromEntries([...FLAGS.keys()].map((name) => [name, { type: 'value' as const }]));
  const { values, words } = parseOptions(argv, { ...options, help: flag, json: flag, all: flag });
  const flags: Partial<Record<Setting, string>> = {};
  for (const [flag, setting] of FLAGS) {
    const value = values[flag];
    if (typeof value === 'string') flags[setting] = value;
  }
  return {
    flags,
    words: [...words],
    help: values.help === true,
    json: values.json === true,
    all: values.all === true,
  };
}

function mayTake({ takes }: Command, word: string): boolean {
  return takes === 'aliases' || (takes === 'pids' && PID.test(word));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError || error instanceof BaseError) return EXIT.config;
  if (error instanceof DirectoryError) {
    if (error.code === 'DIRECTORY_LOCKED') return EXIT.locked;
    return error.code === 'DIRECTORY_NOT_PERMITTED' ? EXIT.noPermission : EXIT.config;
  }
  if (error instanceof OptionError) return EXIT.usage;
  return EXIT.notOk;
}

function messageOf(error: unknown): string {
  if (error instanceof TrustcastError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function say(text: string): number {
  process.stdout.write(printable(text));
  return EXIT.ok;
}

function complain(message: string, exitCode: number): number {
  process.stderr.write(`trustcast-agent: ${printable(message)}\n`);
  return exitCode;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `trustcast-agent maintains the truststore that the JVMs of this host use.\n\n${lines.join('\n')}\n\n${settingsOf(SETTINGS_OF.all)}\n\ntrustcast-agent <command> --help shows details.\n`;
}

/** Settings by their flag, the other way round. */
const FLAG_OF = new Map([...FLAGS].map(([flag, setting]) => [setting as string, flag]));

function settingsOf(names: readonly Setting[]): string {
  const table = Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => (names as string[]).includes(name)));
  return `Settings, by flag or environment:\n${settingsHelp(table, FLAG_OF)}`;
}

function helpOf({ name, summary, help, reads }: Command): string {
  return `trustcast-agent ${name}: ${summary}\n\n${help}\n\n${settingsOf(SETTINGS_OF[reads])}\n\n  --json  prints JSON instead of text\n`;
}
