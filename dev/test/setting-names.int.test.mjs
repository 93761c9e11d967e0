import { expect, test } from '@jest/globals';
import { PROGRAM_SETTINGS, settingNames } from '@trustcast/config';

/** Where each program keeps its settings. */
const PROGRAMS = {
  service: '../../services/certificates/dist/src/config.js',
  agent: '../../agents/host/dist/src/config.js',
  cli: '../../clients/cli/dist/src/config.js',
};

test('the known programs are those whose names are known', () => {
  expect(Object.keys(PROGRAM_SETTINGS).sort()).toEqual(Object.keys(PROGRAMS).sort());
});

test.each(Object.entries(PROGRAMS))(
  'the names that other programs know of %s are the settings that it has',
  async (name, file) => {
    const { SETTINGS } = await import(file);
    const ours = settingNames(SETTINGS).filter((setting) => setting.startsWith('TRUSTCAST_'));
    expect([...PROGRAM_SETTINGS[/** @type {keyof typeof PROGRAM_SETTINGS} */ (name)]].sort()).toEqual(ours.sort());
  },
);
