import { describe, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { type CloseEvent, WebSocket } from 'ws';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const one = useService(harness);
const other = useService(harness);

const client = (service: ServiceProcess, token?: string) => subscriptionClient(harness, service, token);

interface Progress {
  readonly deploymentProgress: {
    readonly environments: readonly { readonly state: string; readonly jvms: { live: number } }[];
  };
}

const PROGRESS = `subscription ($id: ID!) { deploymentProgress(id: $id) { environments { state jvms { live } } } }`;

describe('the progress of a deployment', () => {
  test('is pushed as it is and after every change, whichever process is asked', async () => {
    const nats = await harness.connectNats();
    const agent = await TestAgent.enroll(one, 'apimanager', 'host-1');
    const start = { epoch: 1, revision: 0 };
    await agent.send(nats, agent.status(start, { jvms: [jvm('a', start)] }));
    await until(
      () =>
        one.query<{ agents: { nodes: { state: string }[] } }>(
          '{ agents(environment: "apimanager") { nodes { state } } }',
        ),
      ({ agents }) => agents.nodes[0]?.state === 'WRITTEN',
    );
    const { deployment } = await createCertificate(one, {
      name: 'pushed',
      definitions: [pasted(['apimanager'], 'pushed', makeCertificate().pem)],
    });
    const at = { epoch: 1, revision: deployment!.environments[0]!.revision };
    const states = (service: ServiceProcess) => {
      const seen: string[] = [];
      client(service).subscribe<Progress>(
        { query: PROGRESS, variables: { id: deployment!.id } },
        {
          next: ({ data }) => seen.push(data!.deploymentProgress.environments[0]!.state),
          error: (error) => seen.push(String(error)),
          complete: () => seen.push('complete'),
        },
      );
      return seen;
    };
    const seen = [states(one), states(other)];
    const both = (state: string) =>
      until(
        () => Promise.resolve(seen),
        (all) => all.every((each) => each.at(-1) === state),
        // It looks by itself every five seconds.
        { timeoutMs: 4_000 },
      );
    await both('PENDING');
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', start)] }));
    await both('WRITTEN');
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at)] }));
    await both('LIVE');
    expect(seen).toEqual([
      ['PENDING', 'WRITTEN', 'LIVE'],
      ['PENDING', 'WRITTEN', 'LIVE'],
    ]);
  });

  test('of the latest deployment of an environment goes on to the next one', async () => {
    await createEnvironment(one, 'busy');
    const query = 'subscription { latestDeployment(environment: "busy") { environments { revision } } }';
    const seen = client(other).iterate<{ latestDeployment: { environments: { revision: number }[] } | null }>({
      query,
    });
    const next = async () => ((await seen.next()).value as { data: object }).data;
    expect(await next()).toEqual({ latestDeployment: null });
    for (const revision of [1, 2]) {
      await createCertificate(one, {
        name: `busy-${revision}`,
        definitions: [pasted(['busy'], `busy-${revision}`, makeCertificate().pem)],
      });
      expect(await next()).toEqual({ latestDeployment: { environments: [{ revision }] } });
    }
  });

  test('of an environment that does not exist ends at once', async () => {
    const results = client(one).iterate({ query: 'subscription { latestDeployment(environment: "none") { id } }' });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });

  test('of no deployment ends at once', async () => {
    const results = client(one).iterate({ query: PROGRESS, variables: { id: 'none' } });
    expect(await results.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a connection', () => {
  test('needs a token', async () => {
    const results = client(one, 'tca_wrong').iterate({ query: '{ environments { name } }' });
    await expect(results.next()).rejects.toMatchObject({ code: 4403 });
  });

  test('answers queries under the same limits as HTTP', async () => {
    const results = client(one).iterate({ query: '{ environments { name } }' });
    expect(await results.next()).toMatchObject({
      value: { data: { environments: expect.arrayContaining([{ name: 'apimanager' }]) } },
    });
    const aliases = Array.from({ length: 40 }, (_, i) => `a${i}: environments { name }`).join(' ');
    await expect(
      client(one)
        .iterate({ query: `{ ${aliases} }` })
        .next(),
    ).rejects.toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
    await expect(client(one).iterate({ query: '{ nothing }' }).next()).rejects.toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  });

  const TWO = 'query A { __typename } query B { __typename }';
  test.each<[string, { query: string; operationName?: string }, RegExp]>([
    ['two operations and no name', { query: TWO }, /Must provide operation name/],
    ['an unknown name', { query: TWO, operationName: 'C' }, /Unknown operation named "C"/],
  ])('answers %s as HTTP does, and stays open', async (_what, operation, message) => {
    const own = client(one);
    await expect(own.iterate(operation).next()).rejects.toEqual([
      { message: expect.stringMatching(message), extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } },
    ]);
  });

  test('answers a subscription that selects nothing, and goes on with the others', async () => {
    const own = client(one);
    const other = own.iterate({ query: 'subscription { latestDeployment(environment: "apimanager") { id } }' });
    await other.next();
    const nothing = 'subscription { latestDeployment(environment: "apimanager") @include(if: false) { id } }';
    expect(await own.iterate({ query: nothing }).next()).toMatchObject({
      value: {
        errors: [{ extensions: { code: 'BAD_USER_INPUT' }, message: expect.stringMatching(/selects no field/) }],
      },
    });
    const closed = other.next().then(() => 'closed');
    expect(await own.iterate({ query: '{ __typename }' }).next()).toMatchObject({
      value: { data: { __typename: 'Query' } },
    });
    expect(await Promise.race([closed, Promise.resolve('open')])).toBe('open');
  });

  test.each<[string, Record<string, unknown>]>([
    ['no parameters', {}],
    ['a token without Bearer', { authorization: 'tca_token' }],
    ['headers among the parameters', { headers: { authorization: 'Bearer tca_token' } }],
  ])('with %s is told what is expected', async (_what, connectionParams) => {
    const own = createClient({
      url: `${one.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
    });
    const ended: unknown = await own
      .iterate({ query: '{ __typename }' })
      .next()
      .catch((error: unknown) => error);
    const { code, reason } = ended as CloseEvent;
    expect({ code, reason }).toEqual({
      code: 4403,
      reason: expect.stringMatching(/"authorization": "Bearer <token>"/) as unknown,
    });
    await own.dispose();
  });
});
