import { readFileSync } from 'node:fs';
import { nearest } from '@trustcast/terminal';
import { ConfigError } from './errors.js';
import { PROGRAM_SETTINGS } from './program-settings.js';
import {
  type Environment,
  type Parsed,
  type Setting,
  type SettingNames,
  type SettingsTable,
  fileSettingOf,
  hasPrefix,
  settingNames,
  withoutPrefix,
} from './settings.js';

type ValueOf<One extends Setting> = One extends { parse: (text: string) => Parsed<infer Value> } ? Value : string;

/** Values by the name of their setting; undefined: neither set nor given a standard. */
type Values<Table extends SettingsTable, Required extends keyof Table> = {
  readonly [Name in keyof Table]:
    | ValueOf<Table[Name]>
    | (Name extends Required
        ? never
        : Table[Name] extends { standard: string } | { required: true }
          ? never
          : undefined);
};

export interface SettingsOptions<Table extends SettingsTable, Required extends keyof Table = never> {
  /** What the command line sets: it wins over the environment. */
  readonly flags?: Readonly<Partial<Record<SettingNames<Table>, string>>>;
  /** Settings that this command needs, beside those that every command needs. */
  readonly required?: readonly Required[];
  /** Settings that this command does not read: nothing is wrong with them. */
  readonly unread?: readonly (keyof Table)[];
  /** How a message names a setting, where the name is not enough. */
  readonly label?: (name: string) => string;
  readonly readFile?: (path: string) => string;
}

/** Settings that were read. What is wrong with them is told by `finish`, all at once. */
export interface Settings<Table extends SettingsTable, Required extends keyof Table> {
  /** The values, for rules over several of them. Those with a problem are undefined. */
  readonly values: Partial<Values<Table, Required>>;
  /** Whether a setting, or the file of a secret, is set. */
  has(name: keyof Table & string): boolean;
  /** The file that a secret was read from; null: the variable. */
  fileOf(name: keyof Table & string): string | null;
  /** Adds what is wrong with several settings together. */
  problem(text: string): void;
  /**
   * Makes the configuration and freezes it.
   *
   * @throws ConfigError naming all problems
   */
  finish<Config extends object>(make: (values: Values<Table, Required>) => Config): Readonly<Config>;
}

/**
 * Reads a program's settings by the rules of all programs: an empty text counts as none; a secret may lie in the file that
 * `<name>_FILE` names; a name with Trustcast's prefix that no program has is a mistake; no message shows a value.
 */
export function readSettings<Table extends SettingsTable, Required extends keyof Table & string = never>(
  table: Table,
  environment: Environment,
  options: SettingsOptions<Table, Required> = {},
): Settings<Table, Required> {
  const { flags = {}, required = [], unread = [], label = (name) => name } = options;
  const { readFile = (path: string) => readFileSync(path, 'utf8') } = options;
  const given = withFlags(table, environment, flags);
  const problems = unknownSettings(table, environment);
  const values: Record<string, unknown> = {};

  const fileText = (name: string, path: string): string | undefined => {
    try {
      return readFile(path);
    } catch (error) {
      problems.push(unreadable(label(name), path, error));
      return undefined;
    }
  };
  const textOf = (name: string, setting: Setting): { text: string; subject: string } | undefined => {
    const [text, fileSetting] = [given(name), fileSettingOf(name, setting)];
    const file = fileSetting === null ? undefined : given(fileSetting);
    if (fileSetting !== null && file !== undefined) {
      if (text !== undefined) problems.push(`${name} and ${fileSetting} contradict each other: set one of them`);
      const secret = fileText(fileSetting, file)?.replace(/[\r\n]+$/, '');
      if (secret === '') problems.push(`${label(fileSetting)}: the file is empty`);
      return secret ? { text: secret, subject: `the content of ${fileSetting}` } : undefined;
    }
    if (text === undefined) {
      if (setting.required === true || required.some((each) => each === name))
        problems.push(
          `${fileSetting === null ? name : `${name} or ${fileSetting}`} is required${setting.hint === undefined ? '' : `: ${setting.hint}`}`,
        );
      return setting.standard === undefined ? undefined : { text: setting.standard, subject: name };
    }
    if (setting.content !== true) return { text, subject: name };
    const content = fileText(name, text);
    return content === undefined ? undefined : { text: content, subject: `${name}: ${shownPath(text) ?? 'the file'}` };
  };

  for (const [name, setting] of Object.entries(table)) {
    if (unread.includes(name)) continue;
    const found = textOf(name, setting);
    if (found === undefined) continue;
    const parsed = setting.parse?.(found.text) ?? { value: found.text };
    if ('value' in parsed) values[name] = parsed.value;
    else problems.push(`${found.subject} ${parsed.problem}`);
  }
  const fileOf = (name: string) => {
    const setting = fileSettingOf(name, table[name] ?? { says: '' });
    return (setting === null ? undefined : given(setting)) ?? null;
  };
  return {
    values: values as Partial<Values<Table, Required>>,
    has: (name) => given(name) !== undefined || fileOf(name) !== null,
    fileOf,
    problem: (text) => void problems.push(text),
    finish(make) {
      if (problems.length > 0) throw new ConfigError(problems);
      return frozen(make(values as Values<Table, Required>));
    },
  };
}

/** A flag hides the variable, and a file of a secret that is given by a flag hides the variable of the secret. */
function withFlags(table: SettingsTable, environment: Environment, flags: Environment) {
  const hidden = new Set(
    Object.entries(table).flatMap(([name, setting]) => {
      const file = fileSettingOf(name, setting);
      return file !== null && flags[file] !== undefined ? [name] : [];
    }),
  );
  return (name: string): string | undefined => {
    const text = flags[name] ?? (hidden.has(name) ? undefined : environment[name]);
    return text === '' ? undefined : text;
  };
}

const OF_ANY_PROGRAM: ReadonlySet<string> = new Set(Object.values(PROGRAM_SETTINGS).flat());

/** One shell may hold the settings of all programs: a name of another program is no mistake, a name of none is. */
function unknownSettings(table: SettingsTable, environment: Environment): string[] {
  const names: readonly string[] = settingNames(table);
  return Object.keys(environment)
    .filter((name) => hasPrefix(name) && !names.includes(name) && !OF_ANY_PROGRAM.has(name))
    .map((name) => {
      const meant = meantSetting(name, names);
      return `${name} is not a setting; ${meant === undefined ? '--help shows those that there are' : `did you mean ${meant}?`}`;
});
}

/** The setting whose name is nearest, the prefix left aside; undefined: none is near. */
function meantSetting(name: string, names: readonly string[]): string | undefined {
  const withoutFile = name.replace(/_FILE$/, '');
  if (names.includes(withoutFile)) return withoutFile;
  const near = nearest(withoutPrefix(name), names.map(withoutPrefix));
  return names.find((each) => withoutPrefix(each) === near);
}

function unreadable(setting: string, path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  if (/^tc[ah]_/.test(path)) return `${setting} must be the path of a file, and is a token`;
  const shown = shownPath(path);
  return shown === undefined
    ? `${setting} must be the path of a file, and cannot be read (${code})`
    : `${setting}: ${shown} cannot be read (${code})`;
}

/** A path is no secret. Anything else may be one that was given in the place of its file. */
function shownPath(path: string): string | undefined {
  return /^(\.{0,2}|~)\//.test(path) && !path.includes('\n') ? path : undefined;
}

function frozen<Value>(value: Value): Readonly<Value> {
  const isPlain = Array.isArray(value) || (typeof value === 'object' && value !== null && isRecord(value));
  if (!isPlain || Object.isFrozen(value)) return value;
  for (const member of Object.values(value as object)) frozen(member);
  return Object.freeze(value);
}

function isRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
