import { describe, expect, test } from '@jest/globals';
import { ConfigError } from './errors.js';
import { absolutePath, commaSeparated, httpUrl, integer, oneOf, token, truth } from './parsers.js';
import { type SettingsOptions, readSettings } from './read-settings.js';
import { settingRows, settingsHelp } from './settings-help.js';
import { type Environment, flagsOf, settingNames } from './settings.js';

const TABLE = {
  TRUSTCAST_URL: { says: 'URL of the service', required: true, hint: 'such as https://x', parse: httpUrl },
  TRUSTCAST_TOKEN: { says: 'token of the client', secret: true, parse: token },
  TRUSTCAST_PORT: { says: 'port', standard: '4000', parse: integer(0, 65_535) },
  TRUSTCAST_CA_FILE: { says: 'PEM file', content: true },
  PLAIN: { says: 'a text' },
} as const;
const GOOD = { TRUSTCAST_URL: 'https://service.example' };
const FILES: Record<string, string> = { '/token': 'from-file\n', '/empty': '\n', '/ca.pem': 'PEM' };
const readFile = (path: string): string => {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' });
  return text;
};
type Options = SettingsOptions<typeof TABLE>;
const read = (environment: Environment, options: Options = {}) =>
  readSettings(TABLE, environment, { readFile, ...options }).finish((values) => ({ ...values }));

function problems(environment: Environment, options: Options = {}): readonly string[] {
  try {
    read(environment, options);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  test('have their values, standards where nothing is set, and cannot be changed', () => {
    const config = read({ ...GOOD, TRUSTCAST_CA_FILE: '/ca.pem', PLAIN: '' });
    expect(config).toEqual({
      TRUSTCAST_URL: new URL(GOOD.TRUSTCAST_URL),
      TRUSTCAST_PORT: 4000,
      TRUSTCAST_CA_FILE: 'PEM',
    });
    expect(Object.isFrozen(config)).toBe(true);
    const nested = readSettings({}, {}).finish(() => ({ list: ['x'], inner: { list: [{}] } }));
    expect([nested.list, nested.inner, nested.inner.list, nested.inner.list[0]].every(Object.isFrozen)).toBe(true);
  });

  test('have all their problems told at once, and never a value', () => {
    const secret = 'do not tell';
    const wrong = { TRUSTCAST_URL: secret, TRUSTCAST_TOKEN: secret, TRUSTCAST_PORT: secret, TRUSTCAST_CA_FILE: secret };
    expect(problems({ ...wrong, TRUSTCAST_TOKEN_FILE: secret, TRUSTCAST_OTHER: secret })).toEqual([
      'TRUSTCAST_OTHER is not a setting; --help shows those that there are',
      'TRUSTCAST_URL must be an http or https URL without user and query',
      'TRUSTCAST_TOKEN and TRUSTCAST_TOKEN_FILE contradict each other: set one of them',
      'TRUSTCAST_PORT must be a number from 0 to 65535',
      'TRUSTCAST_CA_FILE must be the path of a file, and cannot be read (ENOENT)',
    ]);
    expect(problems({})).toEqual(['TRUSTCAST_URL is required: such as https://x']);
  });

  test.each(['postgresql://user:pw@host/db', 'http://user:pw@proxy', 'tca_token', 'Pa/ss/word', '/pw\nof two lines'])(
    'do not show %j, which stands where the path of its file should',
    (secret) => expect(problems({ ...GOOD, TRUSTCAST_TOKEN_FILE: secret }).join()).not.toContain(secret),
  );

  test('of other programs are ignored, and a misspelt name is answered with the one that was meant', () => {
    expect(problems({ ...GOOD, TRUSTCAST_DIRECTORY: 'x', TRUSTCAST_RETRIEVE_PROXY_FILE: 'x', PORT: 'x' })).toEqual([]);
    expect(problems({ ...GOOD, TRUSTCAST_PROT: 'x', TRUSTCAST_PORT_FILE: 'x', TRUSTCAST_TOKEN_FIL: 'x' })).toEqual([
      'TRUSTCAST_PROT is not a setting; did you mean TRUSTCAST_PORT?',
      'TRUSTCAST_PORT_FILE is not a setting; did you mean TRUSTCAST_PORT?',
      'TRUSTCAST_TOKEN_FIL is not a setting; did you mean TRUSTCAST_TOKEN_FILE?',
    ]);
  });
});

describe('a secret', () => {
  test('may lie in a file, without the end of its last line', () => {
    expect(read({ ...GOOD, TRUSTCAST_TOKEN_FILE: '/token' }).TRUSTCAST_TOKEN).toBe('from-file');
  });

  test('is missing where its file is empty', () => {
    expect(problems({ ...GOOD, TRUSTCAST_TOKEN_FILE: '/empty' })).toEqual(['TRUSTCAST_TOKEN_FILE: the file is empty']);
  });

  test('breaks its rule by the name of its file', () => {
    FILES['/two-words'] = 'two words';
    expect(problems({ ...GOOD, TRUSTCAST_TOKEN_FILE: '/two-words' })).toEqual([
      'the content of TRUSTCAST_TOKEN_FILE must be printable ASCII without spaces',
    ]);
  });
});

describe('a flag', () => {
  test('wins over the environment, and the flag for the file of a secret over the secret', () => {
    const environment = { TRUSTCAST_URL: 'https://other.example', TRUSTCAST_TOKEN: 'other' };
    const flags = { ...GOOD, TRUSTCAST_TOKEN_FILE: '/token' };
    expect(read(environment, { flags })).toMatchObject({
      TRUSTCAST_URL: new URL(GOOD.TRUSTCAST_URL),
      TRUSTCAST_TOKEN: 'from-file',
    });
  });

  test('exists for every setting but the secrets', () => {
    expect([...flagsOf(TABLE).keys()]).toEqual(['url', 'token-file', 'port', 'ca-file', 'plain']);
  });
});

test('a setting that a command does not read is not looked at, and one that it needs is required', () => {
  const unread = { ...GOOD, TRUSTCAST_PORT: 'x', TRUSTCAST_TOKEN_FILE: '/nowhere' };
  expect(problems(unread, { unread: ['TRUSTCAST_PORT', 'TRUSTCAST_TOKEN'] })).toEqual([]);
  const needed = readSettings(TABLE, GOOD, { required: ['TRUSTCAST_TOKEN', 'PLAIN'] });
  expect(() => needed.finish(() => ({}))).toThrow(
    /TRUSTCAST_TOKEN or TRUSTCAST_TOKEN_FILE is required[^]*PLAIN is req/,
  );
});

test('help and tables show each setting with its file, whether it is required, and its default', () => {
  expect(settingRows(TABLE).slice(0, 3)).toEqual([
    { name: 'TRUSTCAST_URL', file: null, meaning: 'URL of the service (required)' },
    { name: 'TRUSTCAST_TOKEN', file: 'TRUSTCAST_TOKEN_FILE', meaning: 'token of the client' },
    { name: 'TRUSTCAST_PORT', file: null, meaning: 'port (default: 4000)' },
  ]);
  expect(settingsHelp(TABLE)).toMatch(/^ {2}TRUSTCAST_TOKEN or TRUSTCAST_TOKEN_FILE {2}token of the client$/m);
  const flags = new Map([...flagsOf(TABLE)].map(([flag, name]) => [name as string, flag]));
  for (const name of settingNames(TABLE)) expect(settingsHelp(TABLE, flags)).toMatch(new RegExp(`\\b${name} `));
  expect(settingsHelp(TABLE, flags)).toMatch(/^ {2}--token-file +TRUSTCAST_TOKEN_FILE +file that holds the token/m);
});

test.each([
  [integer(1, 5), ['1', '5'], ['0', '6', '1.5', '-1', ' 1', '1e1', '']],
  [truth, ['true', 'false'], ['yes', 'TRUE', '1']],
  [oneOf(['a', 'b']), ['a', 'b'], ['c', 'A', 'a,b']],
  [absolutePath, ['/', '/var/lib'], ['here', './here', '~/x']],
  [httpUrl, ['http://x', 'https://x/base/'], ['ftp://x', 'x', 'http://user@x', 'http://x?q=1']],
  [token, ['tca_x', ' padded '], ['two words', 'ümlaut', '']],
] as const)('%p accepts what follows its rule, and nothing else', (parse, good, bad) => {
  for (const text of good) expect(parse(text)).toHaveProperty('value');
  for (const text of bad) expect(parse(text)).toEqual({ problem: expect.stringMatching(/^must be /) });
});

test('words between commas come without spaces and without empty ones', () => {
  expect(commaSeparated(' a, b ,,c,')).toEqual(['a', 'b', 'c']);
});
