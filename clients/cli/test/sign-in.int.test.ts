import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '@trustcast/certificates-service/test/support/harness.js';
import { TestIssuer } from '@trustcast/certificates-service/test/support/test-issuer.js';
import { useHarness } from '@trustcast/certificates-service/test/support/use-harness.js';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { main } from '../src/command-line.js';
import { type Run, settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const issuer = madeIn(beforeAll, async () => {
  const made = await TestIssuer.start();
  harness.onStop(() => made.stop());
  return made;
});
const service = madeIn(beforeAll, () => {
  const file = join(harness.folder, 'issuers.json');
  writeFileSync(file, JSON.stringify([issuer.settings()]));
  return harness.start({ TRUSTCAST_OIDC_ISSUERS: file });
});
const state = mkdtempSync(join(tmpdir(), 'trustcast-state-'));
afterAll(() => rmSync(state, { recursive: true, force: true }));

const asPerson = () => ({ TRUSTCAST_URL: service.url, XDG_STATE_HOME: state });
const run = (...args: string[]) => trustcast(args, asPerson());
const admin = (...args: string[]) => trustcast(args, settingsFor(service));
const file = () => join(state, 'trustcast', readdirSync(join(state, 'trustcast'))[0] ?? '');
interface Stored {
  readonly token: string;
  readonly refreshToken: string;
  readonly expiresAt: number;
}
const stored = () => JSON.parse(readFileSync(file(), 'utf8')) as Stored;

/** Signs in while somebody enters the code. */
async function signIn(subject: string, args: readonly string[] = []): Promise<Run> {
  const out: Buffer[] = [];
  let err = '';
  const code = main(['login', ...args], {
    environment: asPerson(),
    stdin: Readable.from([]),
    stdout: { write: (chunk) => out.push(Buffer.from(chunk)) },
    stderr: { write: (text) => (err += text) },
  });
  const [, shown = ''] =
    /code ([A-Z0-9-]+)/.exec(
      await until(
        () => Promise.resolve(err),
        (text) => text.includes('code ') || text.includes('trustcast:'),
      ),
    ) ?? [];
  if (shown !== '') await issuer.approve(shown, subject);
  return { code: await code, out: Buffer.concat(out).toString(), err };
}

test('who is not signed in is told how, and nothing is asked of the service', async () => {
  expect(await run('whoami')).toMatchObject({
    code: 78,
    err: expect.stringContaining('sign in with trustcast login') as unknown,
  });
  expect(await run('logout')).toMatchObject({ code: 0, out: 'you were not signed in\n' });
});

test('a person signs in with a code, is shown by whoami, and may what was granted to the group', async () => {
  issuer.know('anna', { name: 'Anna', groups: ['operators'] });
  expect(await signIn('anna')).toMatchObject({
    code: 0,
    out: `you are signed in as Anna (user:${issuer.url}#anna)\n`,
    err: expect.stringContaining(`open ${issuer.url}/device`) as unknown,
  });
  expect((await run('whoami')).out).toMatch(/issuer: http:[^]*subject: anna\ngroups: operators\n/);
  expect((await run('certificates', 'list')).code).toBe(1);
  const granted = await admin('grants', 'create', 'VIEW', '--group', 'operators', '--environment', 'apimanager');
  expect(granted).toMatchObject({ code: 0, out: expect.stringMatching(/^group operators has VIEW in apimanager: /) });
  await until(
    () => run('certificates', 'list'),
    ({ code }) => code === 0,
    { timeoutMs: 5_000 },
  );
  const listed = (await admin('grants', 'list')).out;
  expect(listed).toMatch(/group operators +VIEW +apimanager +http:\S+ +token:admin:/);
  const [, id = ''] = /^([0-9a-f-]{36}) /m.exec(listed) ?? [];
  expect(await admin('grants', 'delete', id)).toMatchObject({ code: 0, out: 'VIEW is taken from group operators\n' });
});

test('a sign-in is readable by its owner alone, and not used when it is not', async () => {
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(statSync(join(state, 'trustcast')).mode & 0o777).toBe(0o700);
  chmodSync(file(), 0o640);
  expect(await run('whoami')).toMatchObject({ code: 64, err: expect.stringContaining('read or changed by others') });
  chmodSync(file(), 0o600);
  expect((await run('whoami')).code).toBe(0);
});

test('a sign-in that is about to end is refreshed, once for several commands that run together', async () => {
  const before = stored();
  writeFileSync(file(), JSON.stringify({ ...before, expiresAt: Date.now() + 1_000 }), { mode: 0o600 });
  const asked = issuer.asked.length;
  const runs = await Promise.all(Array.from({ length: 4 }, () => run('whoami')));
  expect(runs.map(({ code, err }) => [code, err])).toEqual(Array.from({ length: 4 }, () => [0, '']));
  const after = stored();
  expect(after.token).not.toBe(before.token);
  expect(after.refreshToken).not.toBe(before.refreshToken);
  expect(issuer.asked.slice(asked).filter((path) => path === '/token')).toHaveLength(1);
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

test('who signs out has no token here, and none is given for the refresh token any more', async () => {
  const before = stored();
  const path = file();
  expect(await run('logout')).toMatchObject({ code: 0, out: 'you are signed out\n', err: '' });
  expect(readdirSync(join(state, 'trustcast'))).toEqual([]);
  writeFileSync(path, JSON.stringify({ ...before, expiresAt: 0 }), { mode: 0o600 });
  expect(await run('whoami')).toMatchObject({
    code: 1,
    err: `trustcast: ${issuer.url} has ended your sign-in: run trustcast login\n`,
  });
  expect((await run('logout')).code).toBe(0);
});

test('a provider that is away is named, and the sign-in stays', async () => {
  expect((await signIn('anna')).code).toBe(0);
  writeFileSync(file(), JSON.stringify({ ...stored(), expiresAt: 0 }), { mode: 0o600 });
  issuer.behave((request) => void request.socket.destroy());
  const { code, err } = await run('whoami');
  expect([code, err]).toEqual([1, expect.stringContaining(`${issuer.url} cannot be asked for a sign-in`)]);
  issuer.behave(undefined);
  expect((await run('whoami')).code).toBe(0);
});

test('who does not enter the code in time is told so, and to sign in again', async () => {
  issuer.behave(({ url = '' }, response) => {
    const { url: at } = issuer;
    const device = { device_authorization_endpoint: `${at}/device/auth`, token_endpoint: `${at}/token` };
    const answer = url.includes('well-known')
      ? { issuer: at, ...device }
      : url === '/device/auth'
        ? { device_code: 'd', user_code: 'A-B', verification_uri: `${at}/device`, expires_in: 1, interval: 1 }
        : { error: 'authorization_pending' };
    response.writeHead('error' in answer ? 400 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  const { code, err } = await run('login');
  issuer.behave(undefined);
  expect([code, err]).toEqual([
    1,
    expect.stringContaining('nobody entered the code in time: run trustcast login again'),
  ]);
});

test.each([
  [['--issuer', 'https://id.example'], 'give --client-id as well'],
  [['extra'], 'usage: trustcast login'],
])('login %j is refused with what to do', async (args, message) => {
  expect(await run('login', ...args)).toMatchObject({ code: 64, err: expect.stringContaining(message) as unknown });
});
