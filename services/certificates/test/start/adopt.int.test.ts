import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createEnrollmentToken, enroll } from '../support/enroll.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { ask, runMain } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness({ per: 'test' });
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('a copy of the database becomes another installation by one command, and says nothing to hosts of the first', async () => {
  const production = await harness.start();
  const host = await TestAgent.enroll(production, 'apimanager', 'host');
  const door = await createEnrollmentToken(production);
  const made = makeCertificate();
  await createCertificate(production, { name: 'kept', definitions: [pasted(['apimanager'], 'kept', made.pem)] });
  await until(
    () => harness.sql.query('SELECT FROM audit_unsealed'),
    ({ rowCount }) => rowCount === 0,
  );
  const { installation } = host.registration;
  await production.stop();
  const copyUrl = await copyOfDatabase();
  const files = {
    TRUSTCAST_SIGNING_KEY_FILE: join(harness.folder, 'copy.pem'),
    TRUSTCAST_ADMIN_TOKEN_FILE: join(harness.folder, 'copy-token'),
  };
  const copy = { ...harness.environmentVariables, DATABASE_URL: copyUrl, ...files };
  const productionKey = readFileSync(join(harness.folder, 'key.pem'), 'utf8');

  const asked = await runMain(['adopt'], copy);
  expect(asked.code).toBe(64);
  expect(asked.output).toContain('nothing was changed');
  expect(asked.output).toContain(`main.js adopt ${installation}`);
  expect((await runMain(['adopt', '00000000-0000-4000-8000-000000000000'], copy)).output).toContain(
    `of the installation ${installation}`,
  );
  const sameKey = await runMain(['adopt', installation], {
    ...copy,
    TRUSTCAST_SIGNING_KEY_FILE: join(harness.folder, 'key.pem'),
  });
  expect(sameKey).toMatchObject({ code: 78, output: expect.stringContaining('is the original’s') });

  const adopted = await runMain(['adopt', installation], copy);
  expect(adopted).toMatchObject({
    code: 0,
    output: expect.stringContaining(`the copy of ${installation} is the installation`),
  });
  expect(readFileSync(join(harness.folder, 'key.pem'), 'utf8')).toBe(productionKey);

  const again = await harness.start();
  const staging = await harness.start({ DATABASE_URL: copyUrl, ...files });
  const token = readFileSync(files.TRUSTCAST_ADMIN_TOKEN_FILE, 'utf8').trim();
  expect((await ask(staging.url, again.token, '{ environments { name } }')).status).toBe(401);
  expect(
    (
      await fetch(`${staging.url}/agent/v1/register`, {
        method: 'POST',
        headers: { authorization: `Bearer ${host.token}` },
      })
    ).status,
  ).toBe(401);
  const enrolled = await enroll(staging, door.token, { key: await TestAgent.newKey() });
  expect(await enrolled.json()).toMatchObject({ code: 'ENROLLMENT_TOKEN_UNKNOWN' });
  const answer = await ask(
    staging.url,
    token,
    '{ certificates(first: 5) { nodes { name } } agents(environment: "apimanager") { nodes { id } } }',
  );
  expect(answer.data).toEqual({ certificates: { nodes: [{ name: 'kept' }] }, agents: { nodes: [] } });

  const twin = await TestAgent.enroll(
    {
      ...staging,
      token,
      query: async (query, variables) => (await ask(staging.url, token, query, variables)).data as never,
    },
    'apimanager',
    'host',
  );
  expect(twin.registration.installation).not.toBe(installation);
  expect(twin.registration.signingKeys).not.toEqual(host.registration.signingKeys);
  expect(sha256(twin.subjects.changed('apimanager'))).not.toBe(sha256(host.subjects.changed('apimanager')));

  // The chain of the audit goes on over the adoption, in the copy and in the original.
  for (const env of [harness.environmentVariables, copy])
    await until(
      () => runMain(['verify-audit'], env),
      ({ code, output }) => code === 0 && output.includes(' 0 waiting'),
    );
}, 180_000);

test('a service that runs on the database keeps adopt from it', async () => {
  const service = await harness.start();
  await service.logged('this process leads the relay');
  const { rows } = await harness.sql.query<{ id: string }>('SELECT id FROM installation');
  const env = { ...harness.environmentVariables, TRUSTCAST_SIGNING_KEY_FILE: join(harness.folder, 'never.pem') };
  expect(await runMain(['adopt', rows[0]!.id], env)).toMatchObject({
    code: 78,
    output: expect.stringContaining('a service runs on this database'),
  });
  expect((await harness.sql.query('SELECT id FROM installation')).rows).toEqual(rows);
});

/** What a restored backup is. */
async function copyOfDatabase(): Promise<string> {
  const url = new URL(harness.databaseUrl);
  const [name, copy] = [url.pathname.slice(1), `${url.pathname.slice(1)}_copy`];
  url.pathname = '/postgres';
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [name]);
  await admin.query(`CREATE DATABASE ${copy} TEMPLATE ${name}`);
  harness.onStop(async () => {
    await admin.query(`DROP DATABASE ${copy} WITH (FORCE)`);
    await admin.end();
  });
  url.pathname = `/${copy}`;
  return url.href;
}
