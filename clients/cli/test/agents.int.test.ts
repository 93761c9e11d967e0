import { expect, test } from '@jest/globals';
import { TestAgent, createAgent, jvm } from '@trustcast/certificates-service/test/support/test-agent.js';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { createCertificate, pasted } from '@trustcast/certificates-service/test/support/mutations.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { settingsFor, spawnTrustcast, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);
const run = (...args: string[]) => trustcast(args, settings);

test('a host is set aside with a reason and returned, both in the audit, and the list says so', async () => {
  await TestAgent.enroll(service, 'apimanager', 'rebuilt');
  expect(await run('agents', 'set-aside', 'apimanager', 'rebuilt')).toMatchObject({
    code: 64,
    err: expect.stringContaining('--reason is required'),
  });
  expect(await run('agents', 'set-aside', 'apimanager', 'rebuilt', '--reason', 'new disk')).toMatchObject({
    code: 0,
    out: 'rebuilt is set aside: no deployment counts it\n',
  });
  expect((await run('agents', 'list', 'apimanager')).out).toMatch(/rebuilt +set aside +never +new disk \(/);
  expect(await run('agents', 'return', 'apimanager', 'rebuilt')).toMatchObject({ code: 0 });
  expect((await run('agents', 'list')).out).toMatch(/apimanager +rebuilt +UNREACHABLE +never +NEVER_REPORTED/);
  const { audit } = await service.query<{ audit: { nodes: { action: string }[] } }>(
    '{ audit(first: 2) { nodes { action } } }',
  );
  expect(audit.nodes.map(({ action }) => action)).toEqual(['returnAgent', 'setAgentAside']);
  await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { userErrors { code } } }', {
    id: (JSON.parse((await run('agents', 'list', '--json')).out) as { id: string }[])[0]!.id,
  });
});

test('an agent is created with the settings that trustcast-agent run needs, once', async () => {
  const created = await run('agents', 'create', 'apimanager', 'web-1');
  expect(created).toMatchObject({ code: 0, err: 'web-1 was created in apimanager; its token is shown this once\n' });
  expect(created.out.trimEnd().split('\n')).toEqual([
    `TRUSTCAST_SERVICE_URL=${service.url}`,
    expect.stringMatching(/^TRUSTCAST_AGENT_TOKEN=[\x21-\x7e]+$/),
    expect.stringMatching(/^TRUSTCAST_PINNED_KEYS=[\w-]{43}$/),
    'TRUSTCAST_ENVIRONMENT=apimanager',
  ]);
  expect((await run('agents', 'list', 'apimanager')).out).toMatch(/apimanager +web-1 +UNREGISTERED/);
  expect(await run('agents', 'create', 'apimanager', 'web-1')).toMatchObject({ code: 1, out: '' });
  await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { userErrors { code } } }', {
    id: (JSON.parse((await run('agents', 'list', '--json')).out) as { id: string }[])[0]!.id,
  });
});

test('a host that was revoked may enroll anew, and one that is deleted is in no list', async () => {
  await TestAgent.enroll(service, 'apimanager', 'stolen');
  expect(await run('agents', 'revoke', 'apimanager', 'stolen', '--reason', 'laptop')).toMatchObject({ code: 0 });
  expect((await run('agents', 'list')).out).toMatch(/stolen +REVOKED/);
  expect(await run('agents', 'reenroll', 'apimanager', 'stolen')).toMatchObject({
    code: 0,
    out: 'stolen may enroll anew\n',
  });
  expect((await run('agents', 'list')).out).not.toMatch(/REVOKED/);
  expect(await run('agents', 'delete', 'apimanager', 'stolen')).toMatchObject({ code: 0, out: 'stolen is deleted\n' });
  expect((await run('agents', 'list')).out).not.toContain('stolen');
});

test.each([
  [['reenroll', 'apimanager', 'nobody'], 'apimanager has no agent "nobody"'],
  [['delete', 'apimanager', 'nobody'], 'apimanager has no agent "nobody"'],
  [['set-aside', 'apimanager', 'nobody', '--reason', 'x'], 'apimanager has no agent "nobody"'],
  [['return', 'apimanager', 'nobody'], 'apimanager has no agent "nobody"'],
  [['set-aside', 'nowhere', 'nobody', '--reason', 'x'], 'there is no environment nowhere'],
  [['create', 'nowhere', 'web-1'], 'there is no environment nowhere; there are apimanager'],
  [['list', 'nowhere'], 'there is no environment nowhere'],
])('agents %j is refused by name', async (args, message) => {
  expect(await run('agents', ...args)).toMatchObject({ code: 1, err: expect.stringContaining(message) });
});

test('watch names a host whose token was issued and that never registered', async () => {
  const nats = await harness.connectNats();
  const start = { epoch: 1, revision: 0 };
  const agent = await TestAgent.enroll(service, 'apimanager', 'host');
  await agent.send(nats, agent.status(start, { jvms: [jvm('a', start)] }));
  await createAgent(service, 'apimanager', 'forgotten');
  await createCertificate(service, {
    name: 'named',
    definitions: [pasted(['apimanager'], 'named', makeCertificate().pem)],
  });
  const watching = spawnTrustcast(['watch', '--environment', 'apimanager'], settings);
  harness.onStop(() => watching.stop());
  const line = await watching.line();
  expect(line).toContain('0/1 hosts written, 1 never registered');
  expect(line).toContain('forgotten: NEVER_REGISTERED');
});
