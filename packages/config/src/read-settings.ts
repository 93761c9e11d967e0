import { readFileSync } from 'node:fs';
import { ConfigError } from './errors.js';
import { SettingTexts } from './setting-texts.js';
import type { Environment, Parsed, Setting, SettingNames, SettingsTable } from './settings.js';
import { unknownSettings } from './unknown-settings.js';

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
  const { flags = {}, required = [], unread = [], label = (name: string) => name } = options;
  const { readFile = (path: string) => readFileSync(path, 'utf8') } = options;
  const needed = new Set<string>(required);
  const texts = new SettingTexts(table, environment, {
    flags,
    label,
    readFile,
    isRequired: (name, setting) => setting.required === true || needed.has(name),
  });
  const problems = texts.problems;
  problems.push(...unknownSettings(table, environment));
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(table)) {
    const found = unread.includes(name) ? undefined : texts.textOf(name, setting);
    if (found === undefined) continue;
    const parsed = setting.parse?.(found.text) ?? { value: found.text };
    if ('value' in parsed) values[name] = parsed.value;
    else problems.push(`${found.subject} ${parsed.problem}`);
  }
  const fileOf = (name: keyof Table & string) => texts.fileOf(name, table[name] as Setting) ?? null;
  return {
    values: values as Partial<Values<Table, Required>>,
    has: (name) => texts.given(name) !== undefined || fileOf(name) !== null,
    fileOf,
    problem: (text) => void problems.push(text),
    finish(make) {
      if (problems.length > 0) throw new ConfigError(problems);
      return frozen(make(values as Values<Table, Required>));
    },
  };
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
