import { expect, test } from '@jest/globals';
import { until } from '@trustcast/certificates-service/test/support/harness.js';
import { useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { settingsFor, trustcast } from './trustcast.js';

const service = useService();
const settings = settingsFor(service);
const run = (...args: string[]) => trustcast(args, settings);

test('a token is created for some permissions, says what it may, is listed, and opens nothing once it is revoked', async () => {
  const created = await run('tokens', 'create', 'ci', 'VIEW', 'DEPLOY', '--environment', 'apimanager', '--days', '90');
  expect(created).toMatchObject({ code: 0, err: 'ci was created; it is shown this once\n' });
  const token = created.out.trim();
  const asToken = (...args: string[]) => trustcast(args, { TRUSTCAST_URL: service.url, TRUSTCAST_TOKEN: token });
  expect((await asToken('whoami')).out).toMatch(/^ci \(token:ci:[^]*VIEW +apimanager\n *DEPLOY +apimanager\n/);
  expect(await asToken('tokens', 'list')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('you need the permission ADMIN') as unknown,
  });
  const listed = JSON.parse((await run('tokens', 'list', '--json')).out) as { id: string; name: string }[];
  const { id = '' } = listed.find(({ name }) => name === 'ci') ?? {};
  expect((await run('tokens', 'list')).out).toMatch(
    new RegExp(`${id} +ci +tca_\\w{6} +VIEW DEPLOY +apimanager .* token:admin:`),
  );
  expect(await run('tokens', 'revoke', id)).toMatchObject({ code: 0, out: 'ci is revoked\n' });
  const { err } = await until(
    () => asToken('whoami'),
    ({ code }) => code !== 0,
    { timeoutMs: 5_000 },
  );
  expect(err).toMatch(/token/);
});

test('a token that expires within 14 days is marked in the list, and whoever uses it is told on standard error', async () => {
  const { out } = await run('tokens', 'create', 'short', 'VIEW', '--days', '3');
  const shown = await trustcast(['whoami', '--json'], { TRUSTCAST_URL: service.url, TRUSTCAST_TOKEN: out.trim() });
  const { expiresAt } = JSON.parse(shown.out) as { expiresAt: string };
  expect(shown.err).toBe(`the API token expires at ${expiresAt}: have another one created before\n`);
  expect((await run('tokens', 'list')).out).toMatch(new RegExp(`short .*${expiresAt.replace('.', '\\.')} \\(soon\\)`));
  expect((await run('tokens', 'list')).err).toBe('');
});

test.each([
  [['create', 'ci', 'READ'], '"READ" is not a permission; the permissions are VIEW, MANAGE'],
  [['create', 'ci', 'VIEW', '--days', '0'], '--days must be a number from 1 to 3650'],
  [['create', 'ci'], 'tokens create'],
  [['revoke'], 'tokens revoke'],
])('tokens %j is refused with the rule', async (args, message) => {
  expect(await run('tokens', ...args)).toMatchObject({ code: 64, err: expect.stringContaining(message) as unknown });
});

test('a token for an environment that does not exist is refused by name', async () => {
  expect(await run('tokens', 'create', 'ci', 'VIEW', '--environment', 'nowhere')).toMatchObject({
    code: 1,
    err: expect.stringContaining('there is no environment nowhere') as unknown,
  });
});
