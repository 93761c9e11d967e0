import { parseArgs } from 'node:util';
import { nearest } from './nearest.js';

/** What an option takes; `flag`: nothing. */
export interface OptionShape {
  readonly type: 'flag' | 'value';
  readonly multiple?: boolean;
}

export interface ParsedOptions {
  readonly values: Readonly<Record<string, string | true | readonly string[]>>;
  readonly words: readonly string[];
}

/** A command line has an option that there is not, or one without its value. */
export class OptionError extends Error {}

/**
 * Reads the options and words of a command line. `-h` is `--help`; `--` ends the options.
 *
 * @throws OptionError that says what to write instead
 */
export function parseOptions(args: readonly string[], options: Readonly<Record<string, OptionShape>>): ParsedOptions {
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg === '-h' ? '--help' : arg)),
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type }]) => [name, { type: type === 'flag' ? 'boolean' : 'string' }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | true | string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const shape = rawName.startsWith('--') && Object.hasOwn(options, name) ? options[name] : undefined;
    if (shape === undefined) throw new OptionError(unknownOption(rawName, Object.keys(options)));
    if (shape.type === 'flag') {
      if (value !== undefined) throw new OptionError(`${rawName} takes no value`);
      values.set(name, true);
      continue;
    }
    if (value === undefined || value === '') throw new OptionError(`${rawName} needs a value`);
    // What begins with a dash is more often the next option than a value.
    if (!inlineValue && value.length > 1 && value.startsWith('-'))
      throw new OptionError(`${rawName} needs a value; one that begins with a dash is written ${rawName}=${value}`);
    const before = values.get(name);
    if (shape.multiple === true) values.set(name, [...(Array.isArray(before) ? before : []), value]);
    else values.set(name, value);
  }
  return { values: Object.fromEntries(values), words };
}

function unknownOption(given: string, names: readonly string[]): string {
  const near = nearest(given.replace(/^-+/, ''), names);
  return `there is no option ${given}${near === undefined ? '' : `; did you mean --${near}?`}`;
}
