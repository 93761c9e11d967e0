import { ConfigError, settingsHelp } from '@trustcast/config';
import { MalformedError, TrustcastError } from '@trustcast/schema';
import { OptionError, nearest, parseOptions, printable, printableJson, table } from '@trustcast/terminal';
import { FLAGS, SETTINGS, SETTINGS_OF, type Setting, environment, loadConfig } from '../config.js';
import { BaseError, DirectoryError } from '../errors.js';
import { watchPaths } from '../files/path-watch.js';
import { AGENT_VERSION } from '../version.js';
import { type Command, EXIT, type FlagValues } from './command.js';
import { attach, detach } from './attach.js';
import { doctor } from './doctor.js';
import { enroll } from './enroll.js';
import { installJvm } from './install-jvm.js';
import { jvms } from './jvms.js';
import { liftQuarantine } from './lift-quarantine.js';
import { renewKey } from './renew-key.js';
import { run } from './run.js';
import { status } from './status.js';

const COMMANDS: readonly Command[] = [
  enroll,
  run,
  installJvm,
  renewKey,
  status,
  jvms,
  attach,
  detach,
  doctor,
  liftQuarantine,
];
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
    const { flags, values, words, help, json, all } = parseLine(command, rest);
    if (help) return say(helpOf(command));
    const odd = all && command.takes !== 'aliases' ? '--all' : words.find((word) => !mayTake(command, word));
    if (odd !== undefined) {
      const takes = command.takes === 'pids' ? 'only pids' : 'no arguments';
      return complain(`${name} takes ${takes}, not ${odd}; see trustcast-agent ${name} --help`, EXIT.usage);
    }
    // systemd watches the agent itself, which is to outlast a file system that is away.
    if (command !== run) watchPaths();
    const config = loadConfig(environment(), {
      flags,
      needsService: command.needsService,
      newKey: values['new-key'] === true,
    });
    // JVMs and keystores of strangers have chosen parts of it.
    const shown = json ? printableJson : printable;
    return await command.run(config, { out: (text) => process.stdout.write(`${shown(text)}\n`), json }, words, {
      all,
      values,
    });
  } catch (error) {
    const see = error instanceof OptionError ? `; see trustcast-agent ${name} --help` : '';
    return complain(`${messageOf(error)}${see}`, exitCodeOf(error));
  }
}

function parseLine(
  { flags: own = {} }: Command,
  argv: readonly string[],
): {
  flags: Partial<Record<Setting, string>>;
  /** Flags of the command alone. */
  values: FlagValues;
  words: string[];
  help: boolean;
  json: boolean;
  all: boolean;
} {
  const flag = { type: 'flag' } as const;
  const options: Record<string, { type: 'value' } | { type: 'flag' }> = {};
  for (const name of FLAGS.keys()) options[name] = { type: 'value' };
  for (const [name, { sets, takesValue }] of Object.entries(own))
    options[name] = sets === undefined && !takesValue ? flag : { type: 'value' };
  const { values, words } = parseOptions(argv, { ...options, help: flag, json: flag, all: flag });
  const flags: Partial<Record<Setting, string>> = {};
  const named = Object.entries(own).flatMap(([name, { sets }]) => (sets === undefined ? [] : [[name, sets] as const]));
  for (const [name, setting] of [...FLAGS, ...named]) {
    const value = values[name];
    if (typeof value === 'string') flags[setting] = value;
  }
  return {
    flags,
    values: Object.fromEntries(
      Object.keys(own).flatMap((name) => {
        const value = values[name];
        return typeof value === 'string' || value === true ? [[name, value]] : [];
      }),
    ),
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
  if (error instanceof ConfigError || error instanceof BaseError || error instanceof MalformedError) return EXIT.config;
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
  const settings = Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => (names as string[]).includes(name)));
  return `Settings, by flag or environment:\n${settingsHelp(settings, FLAG_OF)}`;
}

function helpOf({ name, summary, help, reads, flags = {} }: Command): string {
  const rows = Object.entries({ ...flags, json: { says: 'prints JSON instead of text' } });
  const own = table(rows.map(([flag, { says }]) => [`  --${flag}`, says]));
  return `trustcast-agent ${name}: ${summary}\n\n${help}\n\n${settingsOf(SETTINGS_OF[reads])}\n\n${own}\n`;
}
