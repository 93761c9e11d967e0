import { nearest } from '@trustcast/terminal';
import { PROGRAM_SETTINGS } from './program-settings.js';
import { type Environment, type SettingsTable, hasPrefix, settingNames, withoutPrefix } from './settings.js';

const OF_ANY_PROGRAM: ReadonlySet<string> = new Set(Object.values(PROGRAM_SETTINGS).flat());

/** One shell may hold the settings of all programs: a name of another program is no mistake, a name of none is. */
export function unknownSettings(table: SettingsTable, environment: Environment): string[] {
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
