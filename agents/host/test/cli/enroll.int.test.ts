import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RootKeys, newKey } from '../support/root-keys.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const NO_TOKEN = { TRUSTCAST_SERVICE_URL: '', TRUSTCAST_AGENT_TOKEN: '', TRUSTCAST_PINNED_KEYS: '' };
const state = (name: string) => join(host.directory, 'state', name);
const enroll = (token: string, ...more: readonly string[]) =>
  host.cli(['enroll', '--service-url', host.service.url, '--token', token, ...more]);
const enrollment = () => JSON.parse(readFileSync(state('enrollment.json'), 'utf8')) as Record<string, unknown>;

describe('trustcast-agent enroll', () => {
  test('makes the key here, pins, leaves files for its user alone, and deletes the token', async () => {
    const file = join(host.home, 'token');
    const token = host.service.enrollmentToken();
    writeFileSync(file, `${token}\n`);
    const { code, out, err } = await host.cli([
      'enroll',
      '--service-url',
      host.service.url,
      '--token-file',
      file,
      '--name',
      'web-1',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^web-1 is enrolled in t-\S+ at http:/);
    expect(existsSync(file)).toBe(false);
    expect(host.service.enrolled).toEqual(['web-1']);
    expect(enrollment()).toMatchObject({ pinnedKeys: [host.service.key.kid], name: 'web-1' });
    const names = readdirSync(join(host.directory, 'state'));
    for (const name of names) expect([name, statSync(state(name)).mode & 0o777]).toEqual([name, 0o600]);
    const written = names.map((name) => readFileSync(state(name), 'utf8')).join('');
    expect(written + out).not.toContain(token.slice(4, 40));
  });

  test('is followed by run, without a token, a URL or a pin, no request carries a bearer token, and the doctor names a clone', async () => {
    expect((await enroll(host.service.enrollmentToken())).code).toBe(0);
    await host.service.deploy({});
    const agent = await host.running(NO_TOKEN);
    await host.service.written();
    expect(host.service.bearers).toEqual([]);
    expect(host.service.requests).toContain('POST /agent/v1/register');
    const doctor = await host.cli(['doctor']);
    expect(doctor.out).toMatch(/OK +service +http\S+ answers for/);
    expect(doctor.out).not.toContain('clone');
    host.service.duplicate = 'DUPLICATE: the hosts a and b report with one key';
    const cloned = await host.cli(['doctor']);
    expect([cloned.code, cloned.out]).toEqual([
      1,
      expect.stringMatching(/PROBLEM +clone +DUPLICATE: the hosts a and b/),
    ]);
    const again = await enroll(host.service.enrollmentToken());
    expect([again.code, again.out]).toEqual([0, expect.stringContaining('is enrolled already') as unknown]);
    expect(await agent.stop()).toBe(0);
  });

  test('is repeated without a token, and asks nobody', async () => {
    await enroll(host.service.enrollmentToken());
    const before = { ...enrollment() };
    const { code, out } = await host.cli(['enroll', '--token-file', join(host.home, 'gone')]);
    expect([code, out]).toEqual([0, expect.stringContaining('is enrolled already') as unknown]);
    expect(enrollment()).toEqual(before);
    expect(host.service.enrolled).toHaveLength(1);
  });

  test('takes the key of a host that had a token', async () => {
    const agent = await host.running();
    const locked = await enroll(host.service.enrollmentToken());
    expect([locked.code, locked.err]).toEqual([75, expect.stringContaining('DIRECTORY_LOCKED') as unknown]);
    const key = readFileSync(state('agent-key.pem'), 'utf8');
    await agent.stop();
    expect((await enroll(host.service.enrollmentToken())).code).toBe(0);
    expect(readFileSync(state('agent-key.pem'), 'utf8')).toBe(key);
    const { bearers } = host.service;
    bearers.length = 0;
    // A token that is left in the settings is of no use any more.
    await host.running();
    expect(bearers).toEqual([]);
  });

  test('makes another key with --new-key, and keeps it through an attempt that failed', async () => {
    await enroll(host.service.enrollmentToken());
    const [first, pem] = [enrollment(), readFileSync(state('agent-key.pem'), 'utf8')];
    host.service.intercept = (request, response) => {
      if (request.url !== '/agent/v1/enroll') return false;
      response.destroy();
      return true;
    };
    expect((await enroll(host.service.enrollmentToken(), '--new-key')).code).toBe(1);
    expect([enrollment(), readFileSync(state('agent-key.pem'), 'utf8')]).toEqual([first, pem]);
    const begun = readFileSync(state('agent-key.next.pem'), 'utf8');
    host.service.intercept = () => false;
    expect((await enroll(host.service.enrollmentToken(), '--new-key')).code).toBe(0);
    expect(readFileSync(state('agent-key.pem'), 'utf8')).toBe(begun);
    expect(existsSync(state('agent-key.next.pem'))).toBe(false);
    expect(enrollment().keyId).not.toBe(first.keyId);
  });

  test('once more does not go back to a list of signing keys from before a key was taken back', async () => {
    const { service } = host;
    const root = await RootKeys.make(service.scope.installation);
    const old = await root.list([service.key]);
    const next = await newKey();
    service.signer = next;
    service.keyList = await root.list([next]);
    expect((await enroll(service.enrollmentToken(root.pin))).code).toBe(0);
    const [before, list] = [enrollment(), readFileSync(state('keys.json'), 'utf8')];
    // Somebody in the middle who has the stolen key, and the list in which it stood.
    service.signer = service.key;
    for (const keyList of [old, undefined]) {
      service.keyList = keyList;
      const again = await enroll(service.enrollmentToken(root.pin), '--new-key');
      expect([again.code, again.err]).toEqual([1, expect.stringMatching(/KEY_LIST_OLD|PIN_WRONG/) as unknown]);
      expect(enrollment()).toEqual(before);
      expect(readFileSync(state('keys.json'), 'utf8')).toBe(list);
    }
  });

  test('is restored with the rest of the state where that is removed while the agent runs', async () => {
    await enroll(host.service.enrollmentToken());
    const before = enrollment();
    const agent = await host.running(NO_TOKEN);
    const { rmSync } = await import('node:fs');
    rmSync(join(host.directory, 'state'), { recursive: true, maxRetries: 10 });
    await agent.line('files were removed from the agent directory; restored them');
    expect(enrollment()).toEqual(before);
  });
});

describe('a host that does not enroll is told why in a sentence, with its exit code, and nothing is written', () => {
  test.each<[string, number, RegExp, () => readonly string[]]>([
    ['no token', 78, /TRUSTCAST_ENROLLMENT_TOKEN or .* is required/, () => ['--service-url', host.service.url]],
    ['no URL', 78, /TRUSTCAST_SERVICE_URL is required/, () => ['--token', host.service.enrollmentToken()]],
    [
      'a token that is cut',
      78,
      /is mistyped or cut|has 96 characters/,
      () => ['--service-url', host.service.url, '--token', host.service.enrollmentToken().slice(0, -2)],
    ],
    [
      'a token of something else',
      78,
      /begins with tce_/,
      () => ['--service-url', host.service.url, '--token', 'tca_x'],
    ],
    [
      'a service with another key',
      1,
      /PIN_WRONG: .*create another token/,
      () => ['--service-url', host.service.url, '--token', host.service.enrollmentToken('A'.repeat(42) + 'E')],
    ],
    [
      'nobody there',
      1,
      /SERVICE_PORT_CLOSED: nothing listens/,
      () => ['--service-url', 'http://127.0.0.1:9', '--token', host.service.enrollmentToken()],
    ],
    ['a flag of another command', 64, /--all|takes no arguments/, () => ['--all']],
  ])('%s', async (_what, exit, sentence, args) => {
    const { code, err } = await host.cli(['enroll', ...args()]);
    expect({ code, err }).toEqual({ code: exit, err: expect.stringMatching(sentence) as unknown });
    expect(existsSync(state('enrollment.json'))).toBe(false);
  });
});
