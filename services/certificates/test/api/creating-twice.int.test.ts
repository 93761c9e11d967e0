import { expect, test } from '@jest/globals';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

const CREATE_ENVIRONMENT = `mutation ($input: CreateEnvironmentInput!) {
  payload: createEnvironment(input: $input) { environment { id name title } userErrors { code field } } }`;
const CREATE_AGENT = `mutation ($input: CreateAgentInput!) {
  payload: createAgent(input: $input) { agent { id name } token userErrors { code field message } } }`;

interface Payload {
  readonly payload: {
    readonly agent: { readonly id: string } | null;
    readonly token: string | null;
    readonly userErrors: readonly { readonly code: string }[];
  };
}

const reused = { userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }] };

test('an environment is made once for one key, and a key stands for one request', async () => {
  const input = { name: 'twice', kind: 'GATEWAY', idempotencyKey: 'environment-1' };
  const first = await service.query(CREATE_ENVIRONMENT, { input });
  expect(first).toMatchObject({ payload: { environment: { name: 'twice' }, userErrors: [] } });
  expect(await service.query(CREATE_ENVIRONMENT, { input })).toEqual(first);
  const other = { ...input, title: 'Other' };
  expect(await service.query(CREATE_ENVIRONMENT, { input: other })).toMatchObject({ payload: reused });
  const { rows } = await harness.sql.query<object>(`SELECT FROM audit WHERE action = 'createEnvironment'`);
  expect(rows).toHaveLength(1);
  const unkeyed = { name: 'twice', kind: 'GATEWAY' };
  expect(await service.query(CREATE_ENVIRONMENT, { input: unkeyed })).toMatchObject({
    payload: { environment: null, userErrors: [{ code: 'NAME_TAKEN', field: ['name'] }] },
  });
});

test('an agent is made once for one key, and a retry gets the same token, which the database does not hold', async () => {
  const input = { environment: 'apimanager', name: 'twice', idempotencyKey: 'agent-1' };
  const all = await Promise.all([1, 2, 3].map(() => service.query<Payload>(CREATE_AGENT, { input })));
  const [first] = all;
  expect(first!.payload).toMatchObject({ agent: { name: 'twice' }, userErrors: [] });
  expect(first!.payload.token).toMatch(/^tch_[\w-]{43}$/);
  for (const again of [...all, await service.query<Payload>(CREATE_AGENT, { input })]) expect(again).toEqual(first);
  const second = await harness.start();
  expect(await second.query(CREATE_AGENT, { input })).toEqual(first);
  expect(await service.query(CREATE_AGENT, { input: { ...input, name: 'other' } })).toMatchObject({ payload: reused });
  const { rows } = await harness.sql.query<{ text: string }>('SELECT answer::text AS text FROM idempotency_keys');
  expect(rows.map(({ text }) => text).join()).not.toContain(first!.payload.token);
});

test('a key does not bring back the token of an agent that was deleted', async () => {
  const input = { environment: 'apimanager', name: 'gone', idempotencyKey: 'agent-2' };
  const { payload } = await service.query<Payload>(CREATE_AGENT, { input });
  await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { agent { id } } }', {
    id: payload.agent!.id,
  });
  expect(await service.query(CREATE_AGENT, { input })).toMatchObject({
    payload: { agent: null, token: null, userErrors: [{ code: 'INVALID_INPUT', field: ['idempotencyKey'] }] },
  });
});

test('what is made without a key gets another token each time', async () => {
  const tokens = [];
  for (const name of ['a', 'b']) {
    const input = { environment: 'apimanager', name };
    tokens.push((await service.query<Payload>(CREATE_AGENT, { input })).payload.token);
  }
  expect(new Set(tokens).size).toBe(2);
});

test('a key that is none is refused', async () => {
  const refused = { userErrors: [{ code: 'INVALID_INPUT', field: ['idempotencyKey'] }] };
  const agent = { environment: 'apimanager', name: 'never', idempotencyKey: '' };
  expect(await service.query(CREATE_AGENT, { input: agent })).toMatchObject({ payload: refused });
  const environment = { name: 'never', kind: 'GATEWAY', idempotencyKey: 'ü' };
  expect(await service.query(CREATE_ENVIRONMENT, { input: environment })).toMatchObject({ payload: refused });
});
