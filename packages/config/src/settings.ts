/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value, or the rule that its text breaks; the rule continues a sentence that begins with the name of the setting. */
export type Parsed<Value> = { readonly value: Value } | { readonly problem: string };

/** One setting of a program. */
export interface Setting<Value = unknown> {
  /** Meaning, for `--help` and the README. */
  readonly says: string;
  /** Reads the text; without it the value is the text. */
  readonly parse?: (text: string) => Parsed<Value>;
  /** Text that counts where none is set; shown with the meaning. */
  readonly standard?: string;
  /** Every command needs it; shown with the meaning. */
  readonly required?: boolean;
  /** What helps where it is missing; follows "is required". */
  readonly hint?: string;
  /** A secret may also lie in a file, which `<name>_FILE` names, and no flag carries it. */
  readonly secret?: boolean;
  /** The setting names a file, and the value is what is in it. */
  readonly content?: boolean;
}

/** The settings of a program, by the name of their variable. */
export type SettingsTable = Readonly<Record<string, Setting>>;

/** Names of a program's settings, those of files of secrets included. */
export type SettingNames<Table extends SettingsTable> =
  | (keyof Table & string)
  | { [Name in keyof Table & string]: Table[Name] extends { secret: true } ? `${Name}_FILE` : never }[keyof Table &
      string];

const PREFIX = 'TRUSTCAST_';

/** The setting that names the file of a secret; null for a setting that is none. */
export function fileSettingOf(name: string, { secret = false }: Setting): string | null {
  return secret ? `${name}_FILE` : null;
}

/** Every name that a program's table has, in its order. */
export function settingNames<Table extends SettingsTable>(table: Table): readonly SettingNames<Table>[] {
  const names = Object.entries(table).flatMap(([name, setting]) => [name, fileSettingOf(name, setting)]);
  return names.filter((name): name is SettingNames<Table> => name !== null);
}

/** Settings by their flag: the name in lower case without the prefix. A secret has none, for process lists show flags. */
export function flagsOf<Table extends SettingsTable>(table: Table): ReadonlyMap<string, SettingNames<Table>> {
  const names = settingNames(table).filter((name) => (table as SettingsTable)[name]?.secret !== true);
  return new Map(names.map((name) => [withoutPrefix(name).toLowerCase().replaceAll('_', '-'), name]));
}

/** Whether a variable is meant for a program of Trustcast. */
export function hasPrefix(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** A name as its program alone would call it. */
export function withoutPrefix(name: string): string {
  return hasPrefix(name) ? name.slice(PREFIX.length) : name;
}
