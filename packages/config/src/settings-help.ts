import { table as aligned } from '@trustcast/terminal';
import { type SettingsTable, fileSettingOf } from './settings.js';

/** What there is to say of a setting. */
interface SettingRow {
  readonly name: string;
  /** The setting that names the file of a secret. */
  readonly file: string | null;
  readonly meaning: string;
}

/** The rows of `--help` and of the README's tables. */
export function settingRows(table: SettingsTable): readonly SettingRow[] {
  return Object.entries(table).map(([name, setting]) => {
    const notes = [
      ...(setting.required === true ? ['required'] : []),
      ...(setting.standard === undefined ? [] : [`default: ${setting.standard}`]),
    ];
    const meaning = notes.length === 0 ? setting.says : `${setting.says} (${notes.join('; ')})`;
    return { name, file: fileSettingOf(name, setting), meaning };
  });
}

/**
 * The settings, one line each, as `--help` shows them.
 *
 * @param flags where a program has any, by setting: they come first
 */
export function settingsHelp(table: SettingsTable, flags?: ReadonlyMap<string, string>): string {
  const rows = settingRows(table).flatMap(({ name, file, meaning }) => {
    if (!flags) return [[`  ${file === null ? name : `${name} or ${file}`}`, meaning]];
    const line = (setting: string) => [`  ${flags.has(setting) ? `--${flags.get(setting)}` : ''}`, setting];
    return file === null
      ? [[...line(name), meaning]]
      : [
          [...line(name), meaning],
          [...line(file), `file that holds the ${meaning}`],
        ];
  });
  return aligned(rows);
}
