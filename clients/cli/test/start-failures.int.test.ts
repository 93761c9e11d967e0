import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../bundle/main.js', import.meta.url));
const WORKING = { TRUSTCAST_URL: 'http://127.0.0.1:9', TRUSTCAST_TOKEN: 'tca_token' };
const folder = mkdtempSync(join(tmpdir(), 'trustcast-cli-'));
const noCertificates = join(folder, 'no.pem');
writeFileSync(noCertificates, 'x');
afterAll(() => rmSync(folder, { recursive: true }));

async function run(args: readonly string[], env: Record<string, string>, files = 1_024) {
  const command = `ulimit -n ${files}; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', command, process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (out += text.toString()));
  child.stderr.on('data', (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

describe('what keeps a command from running is one sentence with its cure, its exit code, and no stack', () => {
  test.each([
    ['no URL', 78, /TRUSTCAST_URL is required: the URL of the service/, { TRUSTCAST_URL: '' }],
    ['a URL of something else', 78, /TRUSTCAST_URL must be an http or https URL/, { TRUSTCAST_URL: 'ftp://x' }],
    ['no token', 78, /TRUSTCAST_TOKEN_FILE is required/, { TRUSTCAST_TOKEN: '' }],
    ['a token with spaces', 78, /TRUSTCAST_TOKEN must be printable ASCII/, { TRUSTCAST_TOKEN: 'a b' }],
    ['two tokens', 78, /contradict each other/, { TRUSTCAST_TOKEN_FILE: '/x' }],
    [
      'a token file that is not there',
      78,
      /cannot be read/,
      { TRUSTCAST_TOKEN: '', TRUSTCAST_TOKEN_FILE: '/nowhere/x' },
    ],
    ['a misspelt setting', 78, /TRUSTCAST_TOKN is not a setting/, { TRUSTCAST_TOKN: 'x' }],
    [
      'a CA file that is not there',
      78,
      /TRUSTCAST_CA_FILE: \S+ cannot be read \(ENOENT\)/,
      { TRUSTCAST_CA_FILE: '/nowhere/ca.pem' },
    ],
    [
      'a CA file without certificates',
      78,
      /TRUSTCAST_CA_FILE: \S+ must hold certificates in PEM/,
      { TRUSTCAST_CA_FILE: noCertificates },
    ],
    ['a service that is not there', 1, /cannot be reached .*is TRUSTCAST_URL right\?/, {}],
    ['a service whose name nobody knows', 1, /cannot be reached/, { TRUSTCAST_URL: 'http://nowhere.invalid' }],
  ] as [string, number, RegExp, Record<string, string>][])('%s', async (_what, exitCode, expected, settings) => {
    const { code, out, err } = await run(['certificates', 'list'], { ...WORKING, ...settings });
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/^\s+at |node:internal/m);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
  });

  test.each([48, 64])('%d open files', async (files) => {
    const { code, err } = await run(['certificates', 'list'], WORKING, files);
    expect(err.trim()).toBe(
      `trustcast: TOO_FEW_DESCRIPTORS: this process may have ${files} open files, and needs 128; raise the limit (ulimit -n 1024)`,
    );
    expect(code).toBe(78);
  });
});

test('settings of the other programs are no mistake, and every help names the settings', async () => {
  const others = { TRUSTCAST_SERVICE_URL: 'x', TRUSTCAST_ATTACH: 'x', TRUSTCAST_PORT: 'x' };
  expect((await run(['certificates', 'list'], { ...WORKING, ...others })).err).not.toContain('is not a setting');
  for (const args of [['--help'], ['watch', '--help'], ['apply', '--help']])
    expect((await run(args, {})).out).toContain('TRUSTCAST_TOKEN_FILE');
});
