import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { useHost } from '../support/use-host.js';

const host = useHost();
const MAIN = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));
const KEY = 'a'.repeat(43);
const WORKING = {
  TRUSTCAST_SERVICE_URL: 'http://127.0.0.1:9',
  TRUSTCAST_AGENT_TOKEN: 'tch_token',
  TRUSTCAST_PINNED_KEYS: KEY,
};
const file = (content: string, mode = 0o600): string => {
  const path = join(host.directory, '..', `file-${Math.random()}`);
  writeFileSync(path, content, { mode });
  return path;
};
const limited = (files: number) => ['bash', '-c', `ulimit -n ${files}; exec "$0" "$@"`, process.execPath];

describe('what keeps the agent from starting is one sentence with its cure, its exit code, and no stack', () => {
  const table: [string, number, RegExp, () => Record<string, string>][] = [
    ['no URL of the service', 78, /TRUSTCAST_SERVICE_URL is required/, () => ({ TRUSTCAST_SERVICE_URL: '' })],
    ['a URL of something else', 78, /must be an http or https URL/, () => ({ TRUSTCAST_SERVICE_URL: 'ftp://x' })],
    ['a misspelt setting', 78, /TRUSTCAST_DIRECTROY is not a setting/, () => ({ TRUSTCAST_DIRECTROY: '/x' })],
    ['no token', 78, /TRUSTCAST_AGENT_TOKEN_FILE is required/, () => ({ TRUSTCAST_AGENT_TOKEN: '' })],
    ['a token with spaces', 78, /printable ASCII without spaces/, () => ({ TRUSTCAST_AGENT_TOKEN: 'a b' })],
    [
      'a token file that is not there',
      78,
      /TRUSTCAST_AGENT_TOKEN_FILE: \/nowhere\/token cannot be read \(ENOENT\)/,
      () => ({ TRUSTCAST_AGENT_TOKEN: '', TRUSTCAST_AGENT_TOKEN_FILE: '/nowhere/token' }),
    ],
    ['no pin', 78, /TRUSTCAST_PINNED_KEYS is required/, () => ({ TRUSTCAST_PINNED_KEYS: '' })],
    ['a pin that is none', 78, /RFC 7638 SHA-256 thumbprints/, () => ({ TRUSTCAST_PINNED_KEYS: 'abc' })],
    [
      'a CA file that is not there',
      78,
      /TRUSTCAST_CA_FILE: \/nowhere\/ca.pem cannot be read \(ENOENT\)/,
      () => ({ TRUSTCAST_CA_FILE: '/nowhere/ca.pem' }),
    ],
    [
      'a CA file without certificates',
      78,
      /TRUSTCAST_CA_FILE: \S+ must hold certificates in PEM/,
      () => ({ TRUSTCAST_CA_FILE: file('x') }),
    ],
    ['an environment that is none', 78, /TRUSTCAST_ENVIRONMENT/, () => ({ TRUSTCAST_ENVIRONMENT: 'Not This' })],
    ['a directory that is relative', 78, /must be an absolute path/, () => ({ TRUSTCAST_DIRECTORY: 'here' })],
    ['a directory that is a file', 78, /DIRECTORY_\w+: .+/, () => ({ TRUSTCAST_DIRECTORY: file('x') })],
    ['a directory below a file', 78, /DIRECTORY_\w+: .+/, () => ({ TRUSTCAST_DIRECTORY: join(file('x'), 'below') })],
    [
      'a directory that others may write',
      78,
      /DIRECTORY_UNSAFE: .+/,
      () => {
        const open = join(host.directory, '..', 'open');
        mkdirSync(open);
        chmodSync(open, 0o777);
        return { TRUSTCAST_DIRECTORY: open };
      },
    ],
    ['a base that is no kind', 78, /TRUSTCAST_BASE must be/, () => ({ TRUSTCAST_BASE: 'cacerts' })],
    ['a base that is not there', 78, /BASE_\w+: .+/, () => ({ TRUSTCAST_BASE: 'file:/nowhere/cacerts' })],
    ['a base that is no keystore', 78, /BASE_\w+: .+/, () => ({ TRUSTCAST_BASE: `file:${file('x')}` })],
    ['a JVM without a truststore', 78, /BASE_\w+: .+/, () => ({ TRUSTCAST_BASE: 'jvm:/nowhere' })],
    ['a selector without the jar', 78, /needs TRUSTCAST_JVM_AGENT_JAR/, () => ({ TRUSTCAST_ATTACH: 'uid=1000' })],
    ['a log level that is none', 78, /TRUSTCAST_LOG_LEVEL must be one of/, () => ({ TRUSTCAST_LOG_LEVEL: 'loud' })],
    ['a bundle that is no truth', 78, /must be true or false/, () => ({ TRUSTCAST_PEM_BUNDLE: 'yes' })],
  ];
  test.each(table)('%s', async (_what, exitCode, expected, settings) => {
    const { code, err } = await host.cli(['run'], { ...WORKING, ...settings() });
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/^\s+at |node:internal/m);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(exitCode);
  });

  test('another agent on the directory', async () => {
    await host.running();
    const { code, err } = await host.cli(['run'], WORKING);
    expect(err.trim()).toMatch(/^trustcast-agent: DIRECTORY_LOCKED: .+$/);
    expect(code).toBe(75);
  });

  test.each([48, 64, 255])('%d open files', async (files) => {
    const { code, err } = await host.cli(['run'], WORKING, limited(files));
    expect(err.trim()).toBe(
      `trustcast-agent: TOO_FEW_DESCRIPTORS: this process may have ${files} open files, and needs 256; raise the limit (ulimit -n 1024, or LimitNOFILE=1024 in the systemd unit)`,
    );
    expect(code).toBe(78);
  });
});

test('settings of the other programs are no mistake, and every help names the settings', async () => {
  const others = {
    TRUSTCAST_URL: 'http://x',
    TRUSTCAST_TOKEN: 'x',
    TRUSTCAST_PORT: 'x',
    TRUSTCAST_SIGNING_KEY_FILE: 'x',
  };
  expect((await host.cli(['status'], others)).err).not.toContain('is not a setting');
  for (const args of [['--help'], ['run', '--help'], ['doctor', '--help']]) {
    const { out } = await host.cli(args);
    expect(out).toMatch(/TRUSTCAST_AGENT_TOKEN_FILE .*\(deprecated: enroll the host\)/);
    expect(out).toMatch(/TRUSTCAST_SERVICE_URL .*\(required by enroll, and by run/);
    expect(out).toMatch(/TRUSTCAST_PINNED_KEYS .*\(default on an enrolled host/);
  }
});

test.each(['status', 'lift-quarantine', 'jvms', 'attach', 'detach'])(
  '%s --help shows what it reads, no more',
  async (name) => {
    const { out } = await host.cli([name, '--help']);
    expect(out).toContain('TRUSTCAST_DIRECTORY');
    expect(out).not.toMatch(/TRUSTCAST_(SERVICE_URL|AGENT_TOKEN|PINNED_KEYS|BASE|PEM_BUNDLE)/);
  },
);

test.each([
  [
    ['run', '--directry', '/x'],
    'there is no option --directry; did you mean --directory?; see trustcast-agent run --help',
  ],
  [['run', '--directory'], '--directory needs a value; see trustcast-agent run --help'],
  [['run', '--json=1'], '--json takes no value; see trustcast-agent run --help'],
  [['docter'], 'there is no command docter; did you mean doctor?; see trustcast-agent --help'],
])('%j is refused with what was meant', async (args, says) => {
  expect(await host.cli(args)).toMatchObject({ code: 64, out: '', err: `trustcast-agent: ${says}\n` });
});

test.each([
  ['--help', 0],
  ['run', 1],
])('%s ends without a word when its reader has seen enough', async (command, expected) => {
  const settings = { ...WORKING, TRUSTCAST_DIRECTORY: join(host.directory, '..', 'unread'), TRUSTCAST_BASE: 'none' };
  const child = spawn(process.execPath, [MAIN, command], {
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let err = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, err }).toEqual({ code: expected, err: '' });
});
