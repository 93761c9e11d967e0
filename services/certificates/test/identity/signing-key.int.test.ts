import { generateKeyPairSync } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { signingKeyOf } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { runMain } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness({ per: 'test' });
const CREATE_AGENT = `mutation ($name: String!) {
  createAgent(input: { environment: "apimanager", name: $name }) { pins }
}`;

async function newKeyFile(name: string): Promise<{ file: string; kid: string }> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const file = join(harness.folder, name);
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  return { file, kid: (await signingKeyOf(privateKey)).kid };
}

async function thumbprint(file: string): Promise<string> {
  const { code, output } = await runMain(['thumbprint'], {
    ...harness.environmentVariables,
    TRUSTCAST_SIGNING_KEY_FILE: file,
  });
  expect(code).toBe(0);
  return output.trim();
}

describe('the signing key', () => {
  test('is printed as its thumbprint by a command, and is the only one that createAgent names', async () => {
    const service = await harness.start();
    const kid = await thumbprint(join(harness.folder, 'key.pem'));
    const { createAgent } = await service.query<{ createAgent: { pins: string[] } }>(CREATE_AGENT, {
      name: 'a',
    });
    expect(createAgent.pins).toEqual([kid]);
  });

  test('that is lost is not replaced without a word: the service refuses to start, and names the key and the cure', async () => {
    const key = join(harness.folder, 'key.pem');
    await (await harness.start()).stop();
    const kid = await thumbprint(key);
    renameSync(key, `${key}.kept`);
    const { code, output } = await runMain(['serve'], harness.environmentVariables);
    expect(code).toBe(78);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(output).toContain(`there is no signing key at ${key}`);
    expect(output).toContain(kid);
    expect(output).toContain('--new-signing-key');
    renameSync(`${key}.kept`, key);
    await harness.start();
  });

  test('of a second process is refused where it is another one', async () => {
    const service = await harness.start();
    const other = await newKeyFile('other.pem');
    const env = { ...harness.environmentVariables, TRUSTCAST_SIGNING_KEY_FILE: other.file };
    const { code, output } = await runMain(['serve'], env);
    expect(code).toBe(78);
    expect(output).toContain(`has the thumbprint ${other.kid}`);
    expect(output).not.toMatch(/^\s+at /m);
    expect((await harness.sql.query('SELECT FROM signing_keys')).rowCount).toBe(1);
    expect(await (await fetch(`${service.url}/readyz`)).json()).toMatchObject({ status: 'ready' });
  });

  test('that takes over by the option leaves the process with the old one unready, and the lead with the new one', async () => {
    const old = await harness.start();
    await old.logged('this process leads the relay');
    const other = await newKeyFile('other.pem');
    const taking = await harness.start({ TRUSTCAST_SIGNING_KEY_FILE: other.file }, ['--new-signing-key']);
    await taking.logged('this process leads the relay');
    const unready = await until(
      async () => {
        const answer = await fetch(`${old.url}/readyz`);
        return { code: answer.status, ...((await answer.json()) as { reasons: string[] }) };
      },
      ({ code }) => code === 503,
    );
    expect(unready.reasons).toEqual(['SIGNING_KEY_NOT_CURRENT']);
    const { createAgent } = await taking.query<{ createAgent: { pins: string[] } }>(CREATE_AGENT, {
      name: 'a',
    });
    expect(createAgent.pins).toEqual([other.kid]);
    const { rows } = await harness.sql.query(
      `SELECT after FROM audit WHERE action = 'useSigningKey' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows).toEqual([{ after: { signingKeyIds: [other.kid] } }]);
    // A later start needs the option no more, and the key before is the one that is refused.
    await taking.stop();
    await harness.start({ TRUSTCAST_SIGNING_KEY_FILE: other.file });
    expect((await runMain(['serve'], harness.environmentVariables)).code).toBe(78);
  });

  test('that is missing where the database knows none is made', async () => {
    await (await harness.start()).stop();
    rmSync(join(harness.folder, 'key.pem'));
    await harness.sql.query('DELETE FROM signing_keys');
    await harness.start();
  });
});
