import { TrustcastError } from '@trustcast/schema';
import { OptionError, type OptionShape, parseOptions, printable, table } from '@trustcast/terminal';
import { EXIT, Given } from '../command.js';
import { UsageError } from '../errors.js';
import { COMMANDS, type KeysCommand } from './commands.js';
import { KeysError } from './key-files.js';

/** Runs one command line of `trustcast-keys`, which asks no network. @returns the exit code */
export async function main(
  argv: readonly string[],
  out: (text: string) => void,
  complain: (text: string) => void,
  now = Date.now(),
): Promise<number> {
  const [name = '--help', ...args] = argv;
  if (['--help', '-h', 'help'].includes(name)) {
    out(help());
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (!command) throw new UsageError(`there is no command ${name}; see trustcast-keys --help`);
    const shapes: Record<string, OptionShape> = { help: { type: 'flag' } };
    for (const [option, { value, multiple = false }] of Object.entries(command.options))
      shapes[option] = { type: value === undefined ? 'flag' : 'value', multiple };
    const { values, words } = parseOptions(args, shapes);
    const options = new Given(values);
    if (options.has('help')) {
      out(helpOf(name, command));
      return EXIT.ok;
    }
    const [file, ...rest] = words;
    if (file === undefined || (rest.length > 0 && command.words === undefined))
      throw new UsageError(`usage: trustcast-keys ${name} FILE ${command.words ?? ''}`.trimEnd());
    out(printable(await command.run({ file, words: rest, options, now })));
    return EXIT.ok;
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof OptionError;
    if (!isUsage && !(error instanceof KeysError) && !(error instanceof TrustcastError)) throw error;
    complain(`trustcast-keys: ${printable(error.message)}`);
    return isUsage ? EXIT.usage : EXIT.notOk;
  }
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => [`  ${name}`, summary] as const);
  return `trustcast-keys says which keys sign statements. It works on files alone, and needs no network.\n\n${table(lines)}\n\ntrustcast-keys <command> --help shows details.\nExit codes: 0 success, 1 failure, 64 wrong command line.`;
}

function helpOf(name: string, { summary, words = '', options }: KeysCommand): string {
  const flags = Object.entries(options).map(
    ([flag, { value, says }]) => [`  --${flag}${value === undefined ? '' : ` ${value}`}`, says] as const,
  );
  return `usage: trustcast-keys ${`${name} FILE ${words}`.trimEnd()}\n\n${summary}\n\n${table(flags)}`;
}
