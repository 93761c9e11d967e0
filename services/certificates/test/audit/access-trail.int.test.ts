import { describe, expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { AccessTrail, TRAIL } from '../../src/features/audit/access-trail.js';
import { onPool } from '../../src/platform/postgres/database.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

interface Row {
  readonly actor: string;
  readonly action: string;
  readonly address: string | null;
  readonly environments: readonly string[];
  readonly details: Record<string, unknown>;
}

const records = async (action: string): Promise<Row[]> =>
  (
    await harness.sql.query<Row>(
      'SELECT actor, action, address, environments, details FROM audit WHERE action = $1 ORDER BY id',
      [action],
    )
  ).rows;
const download = (path: string) => fetch(service.url + path, { headers: { authorization: `Bearer ${service.token}` } });

describe('a trace in the audit is left by', () => {
  test('a token that opens nothing, over HTTP, as an agent and over a WebSocket, however often, once each', async () => {
    for (let time = 0; time < 50; time++) {
      await ask(service.url, `tca_${time}`, '{ environments { name } }').catch(() => undefined);
      await fetch(`${service.url}/agent/v1/register`, { method: 'POST', headers: { authorization: 'Bearer x' } });
      await expect(subscriptionClient(harness, service, 'x').iterate({ query: '{ x }' }).next()).rejects.toBeTruthy();
    }
    const found = await until(
      () => records('authenticationFailed'),
      (rows) => rows.length >= 3,
    );
    expect(found.map(({ details }) => details.door).sort()).toEqual(['agent', 'api', 'websocket']);
    expect(found[0]).toMatchObject({ actor: 'anonymous', address: '127.0.0.1' });
    expect(JSON.stringify(found)).not.toContain('tca_');
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toContain('trustcast_refused_identities_total{door="api"} 50');
    expect(metrics).toContain('trustcast_refused_identities_total{door="websocket"} 50');
  });

  test('the key that is pinned for an agent, and who comes with another one', async () => {
    const agent = await TestAgent.enroll(service, 'apimanager', 'host-1');
    await agent.registerAgain();
    const actor = `agent:${agent.registration.agent}`;
    expect(await records('registerAgent')).toMatchObject([{ actor, environments: ['apimanager'] }]);
    const stranger = new TestAgent(service, agent.token, await TestAgent.newKey(), agent.registration, agent.pinned);
    expect((await stranger.registerAgain()).status).toBe(409);
    await until(
      () => records('registerAgentRefused'),
      (rows) => rows.length === 1 && rows[0]?.actor === actor,
    );
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    for (const outcome of ['pinned', 'again', 'refused'])
      expect(metrics).toContain(`trustcast_agent_registrations_total{outcome="${outcome}"} 1`);
  });

  test('every kind of file that leaves', async () => {
    const { certificate } = await createCertificate(service, {
      name: 'leaving',
      definitions: [pasted(['apimanager'], 'leaving', makeCertificate().pem)],
    });
    const { id, definitions } = certificate as unknown as { id: string; definitions: { id: string }[] };
    for (const path of [
      '/export?format=json&environment=apimanager',
      '/environments/apimanager/truststore?format=pem',
      `/certificates/${id}/definitions/${definitions[0]?.id}/file`,
    ])
      expect((await download(path)).status).toBe(200);
    const actor = expect.stringMatching(/^token:/);
    expect(await records('exportFile')).toMatchObject([
      { actor, environments: ['apimanager'], details: { format: 'json', certificates: 1 } },
    ]);
    expect(await records('truststoreFile')).toMatchObject([{ actor, environments: ['apimanager'] }]);
    expect(await records('certificateFile')).toMatchObject([{ actor, details: { format: 'pem' } }]);
  });
});

test('no export leaves for an environment that does not exist, and none is recorded', async () => {
  const before = (await records('exportFile')).length;
  const answer = await download('/export?environment=apimanager&environment=typo');
  expect([answer.status, await answer.json()]).toMatchObject([
    404,
    { code: 'ENVIRONMENT_NOT_FOUND', detail: 'there is no environment typo' },
  ]);
  expect(await records('exportFile')).toHaveLength(before);
});

test('HEAD of a download leaves no record: nothing has left', async () => {
  const before = (await records('exportFile')).length;
  const answer = await fetch(`${service.url}/export?environment=apimanager`, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${service.token}` },
  });
  expect(answer.status).toBe(200);
  expect(await records('exportFile')).toHaveLength(before);
});

test('whoever asks a thousand times in a thousand ways leaves a few records, and their number', async () => {
  const sql = onPool(harness.sql);
  const trail = new AccessTrail({ sql, log: createLog('silent'), onNoted: () => undefined });
  const before = (await records('authenticationFailed')).length;
  for (let number = 0; number < 1_000; number++)
    await trail.note(
      { actor: 'anonymous', address: `10.0.${number % 500}.1`, requestId: null },
      { action: 'authenticationFailed', details: { door: 'api' } },
    );
  await trail.close();
  const added = (await records('authenticationFailed')).slice(before);
  expect(added.map(({ details }) => details)).toEqual([
    ...Array<object>(TRAIL.recordsEach).fill({ door: 'api' }),
    ...Array<object>(TRAIL.recordsEach).fill({ door: 'api', again: 1 }),
    { others: 1_000 - 2 * TRAIL.recordsEach },
  ]);
});
