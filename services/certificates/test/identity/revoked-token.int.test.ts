import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { rawConnection, readUntil, requestText } from '../support/raw-request.js';
import { ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

/** A token of its own. @returns it, and what takes it away where no notification says so */
async function issue(): Promise<{ token: string; revoke: () => Promise<unknown> }> {
  const token = `tca_${Math.random().toString(36).slice(2)}`;
  const hash = createHash('sha256').update(token).digest();
  await harness.sql.query(
    `INSERT INTO api_tokens (name, token_sha256, permissions, created_by) VALUES ($1, $2, '{VIEW,DEPLOY,MANAGE,ADMIN}', 'test')`,
    [token, hash],
  );
  return { token, revoke: () => harness.sql.query('DELETE FROM api_tokens WHERE token_sha256 = $1', [hash]) };
}

const refusal = { code: 4403, reason: 'the token is not valid any more' };

describe('a token that was taken away', () => {
  test('ends a kept subscription, in which nothing happens, and every operation of its connection', async () => {
    const { token, revoke } = await issue();
    const client = subscriptionClient(harness, service, token);
    const closed = new Promise((resolve) => client.on('closed', resolve));
    const seen = client.iterate({ query: 'subscription { latestDeployment(environment: "apimanager") { id } }' });
    expect(await seen.next()).toMatchObject({ value: { data: { latestDeployment: null } } });
    const ended = seen.next();
    await revoke();
    await expect(ended).rejects.toMatchObject(refusal);
    expect(await closed).toMatchObject(refusal);
  });

  test('opens no operation over a connection that was opened with it', async () => {
    const { token, revoke } = await issue();
    const client = subscriptionClient(harness, service, token);
    const operation = () => client.iterate({ query: '{ environments { name } }' }).next();
    const kept = client.iterate({ query: 'subscription { latestDeployment(environment: "apimanager") { id } }' });
    await kept.next();
    await operation();
    await revoke();
    await expect(
      until(
        () => operation(),
        () => false,
      ),
      // The client may have connected anew by then, and was refused at that.
    ).rejects.toMatchObject({ code: refusal.code });
    await expect(kept.next()).rejects.toMatchObject(refusal);
  });

  test('opens nothing over HTTP, though the head of the request came before', async () => {
    const { token, revoke } = await issue();
    const body = JSON.stringify({ query: '{ environments { name } }' });
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    const socket = await rawConnection(service.url);
    socket.write(requestText('POST /graphql', headers, body.slice(0, 5)));
    await until(
      () => ask(service.url, token, '{ environments { name } }'),
      ({ status }) => status === 200,
    );
    await revoke();
    await until(
      () => ask(service.url, token, '{ environments { name } }'),
      ({ status }) => status === 401,
    );
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    socket.write(body.slice(5));
    expect(await readUntil(socket, (text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 401 /);
    socket.destroy();
  });

  test('ends nothing for others', async () => {
    const { token, revoke } = await issue();
    const client = subscriptionClient(harness, service);
    const seen = client.iterate({ query: 'subscription { latestDeployment(environment: "apimanager") { id } }' });
    await seen.next();
    await revoke();
    await until(
      () => ask(service.url, token, '{ environments { name } }'),
      ({ status }) => status === 401,
    );
    const answer = await client.iterate({ query: '{ environments { name } }' }).next();
    expect(answer).toMatchObject({ value: { data: { environments: [{}] } } });
    await seen.return?.();
  });
});

test('the status of an agent that was deleted is not stored, though nobody was notified', async () => {
  const agent = await TestAgent.enroll(service, 'apimanager', 'host-1');
  const nats = await harness.connectNats();
  await agent.send(nats, agent.status({ epoch: 1, revision: 0 }));
  const stored = () => harness.sql.query('SELECT FROM agent_statuses WHERE agent_id = $1', [agent.registration.agent]);
  await until(stored, ({ rowCount }) => rowCount === 1);
  await harness.sql.query('DELETE FROM agents WHERE id = $1', [agent.registration.agent]);
  const other = await TestAgent.enroll(service, 'apimanager', 'host-2');
  await agent.send(nats, agent.status({ epoch: 1, revision: 0 }));
  await other.send(nats, other.status({ epoch: 1, revision: 0 }));
  await until(
    () => harness.sql.query('SELECT FROM agent_statuses WHERE agent_id = $1', [other.registration.agent]),
    ({ rowCount }) => rowCount === 1,
  );
  expect((await stored()).rowCount).toBe(0);
});
