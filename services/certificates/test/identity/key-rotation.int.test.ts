import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { runMain } from '../support/service-process.js';
import { TestAgent, createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness({ per: 'test' });

async function announce(...words: readonly string[]): Promise<string> {
  const { code, output } = await runMain(['announce-key', ...words], harness.environmentVariables);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^[\w-]{43}\n$/) });
  return output.trim();
}
const kidOf = (statement: string) =>
  (JSON.parse(Buffer.from(statement.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
const audited = async () =>
  (
    await harness.sql.query<{ action: string }>(`SELECT action FROM audit WHERE action LIKE '%SigningKey' ORDER BY id`)
  ).rows.map(({ action }) => action);

test('agents that heard of the next key believe both, before, while and after it takes over, without registering again', async () => {
  const before = await harness.start();
  const [old] = (await createAgent(before, 'apimanager', 'early')).pins;
  mkdirSync(join(harness.folder, 'next'));
  const file = join(harness.folder, 'next', 'key.pem');
  const next = await announce(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const agent = await TestAgent.enroll(before, 'apimanager', 'host');
  expect(agent.pinned).toEqual([old, next]);
  expect(kidOf((await agent.pull()).message.statement)).toBe(old);

  const after = await harness.start({ TRUSTCAST_SIGNING_KEY_FILE: file }, ['--new-signing-key']);
  await after.logged('this process leads the relay');
  await createCertificate(after, {
    name: 'rotated',
    definitions: [pasted(['apimanager'], 'rotated', makeCertificate('rotated').pem)],
  });
  const pulled = await agent.at(after).pull();
  expect(kidOf(pulled.message.statement)).toBe(next);
  expect(pulled.statement.revision).toBe(1);
  // What a process says that was not started anew yet is believed as well.
  const late = await agent.at(before).pull();
  expect(kidOf(late.message.statement)).toBe(old);
  expect(late.statement).toMatchObject({ revision: 1, digest: pulled.statement.digest });

  const registered = (await (await agent.registerAgain()).json()) as { signingKeys: object[] };
  expect(registered.signingKeys).toHaveLength(2);
  // Whichever process is asked: one that still signs with the key before names it to nobody.
  for (const [index, process] of [after, before].entries())
    expect((await createAgent(process, 'apimanager', `new-${index}`)).pins).toEqual([next]);
  expect(await audited()).toEqual(['useSigningKey', 'announceSigningKey', 'useSigningKey']);
});

test('a next key that is announced twice is one, another takes its place when told to, and the one that signs is refused', async () => {
  const service = await harness.start();
  const [first, second] = [join(harness.folder, 'first.pem'), join(harness.folder, 'second.pem')];
  const kid = await announce(first);
  expect(await announce(first)).toBe(kid);
  const unasked = await runMain(['announce-key', second], harness.environmentVariables);
  expect(unasked).toEqual({ code: 78, output: expect.stringContaining(`the key ${kid} is announced already`) });
  expect(existsSync(second)).toBe(false);
  expect(await audited()).toEqual(['useSigningKey', 'announceSigningKey']);
  const other = await announce(second, '--replace');
  const { pins } = await createAgent(service, 'apimanager', 'host');
  expect(pins).toHaveLength(2);
  expect(pins).toContain(other);
  const { code, output } = await runMain(
    ['announce-key', join(harness.folder, 'key.pem')],
    harness.environmentVariables,
  );
  expect(code).toBe(78);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output).toContain('signs already');
});

test('a path in a folder that is not there is refused, and makes neither folder nor key', async () => {
  const service = await harness.start();
  const folder = join(harness.folder, 'mistyped');
  const { code, output } = await runMain(['announce-key', join(folder, 'next.pem')], harness.environmentVariables);
  expect({ code, output }).toEqual({ code: 78, output: expect.stringContaining(`there is no folder ${folder}`) });
  expect(existsSync(folder)).toBe(false);
  expect((await createAgent(service, 'apimanager', 'host')).pins).toHaveLength(1);
});
