import { expect, test } from '@jest/globals';
import { enroll } from '@trustcast/certificates-service/test/support/enroll.js';
import { TestAgent } from '@trustcast/certificates-service/test/support/test-agent.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const run = (...args: string[]) => trustcast(args, settingsFor(service));

test('an enrollment token is created, listed with its uses, and revoked', async () => {
  const made = await run('enrollment-tokens', 'create', 'apimanager', '--uses', '2', '--hours', '1');
  expect(made).toMatchObject({ code: 0, err: expect.stringMatching(/^the token is good for 2 host\(s\) until /) });
  const token = made.out.trim();
  expect(token).toMatch(/^tce_/);
  expect((await enroll(service, token, { key: await TestAgent.newKey() })).status).toBe(200);
  const list = await run('enrollment-tokens', 'list', 'apimanager');
  expect(list.out).toMatch(new RegExp(`${token.slice(0, 10)}… +apimanager +1/2 .* open`));
  const [{ id }] = JSON.parse((await run('enrollment-tokens', 'list', '--json')).out) as [{ id: string }];
  expect(await run('enrollment-tokens', 'revoke', id)).toMatchObject({
    code: 0,
    out: `${token.slice(0, 10)}… is revoked\n`,
  });
  expect((await run('enrollment-tokens', 'list')).out).toMatch(/ revoked\n$/);
});

test.each([
  [['create', 'apimanager', '--uses', '0'], 64, '--uses must be a number from 1 to 10000'],
  [['create', 'apimanager', '--hours', 'x'], 64, '--hours must be a number from 1 to 2160'],
  [['create', 'nowhere'], 1, 'there is no environment nowhere'],
  [['revoke', '3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d'], 1, 'there is no such enrollment token'],
])('enrollment-tokens %j is refused', async (args, code, message) => {
  expect(await run('enrollment-tokens', ...args)).toMatchObject({ code, err: expect.stringContaining(message) });
});
