import { expect, test } from '@jest/globals';
import { SETTING_NAMES } from '@trustcast/schema';

/** Where each program keeps its settings. */
const PROGRAMS = {
  service: '../../services/certificates/dist/src/config.js',
  agent: '../../agents/host/dist/src/config.js',
  cli: '../../clients/cli/dist/src/config.js',
};

test('the known programs are those whose names are known', () => {
  expect(Object.keys(SETTING_NAMES).sort()).toEqual(Object.keys(PROGRAMS).sort());
});

test.each(Object.entries(PROGRAMS))(
  'the names that other programs know of %s are the settings that it has',
  async (name, file) => {
    const { SETTINGS } = await import(file);
    const names = Object.entries(SETTINGS).flatMap(([setting, about]) =>
      typeof about === 'object' && about.secret ? [setting, `${setting}_FILE`] : [setting],
    );
    const ours = names.filter((setting) => setting.startsWith('TRUSTCAST_'));
    expect([...SETTING_NAMES[/** @type {keyof typeof SETTING_NAMES} */ (name)]].sort()).toEqual(ours.sort());
  },
);
