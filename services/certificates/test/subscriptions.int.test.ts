import { request } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { until } from './harness.js';
import { makeCertificate } from './make-certificate.js';
import { createCertificate, createEnvironment, pasted } from './mutations.js';
import type { ServiceProcess } from './service-process.js';
import { subscriptionClient } from './subscription-client.js';
import { TestAgent, jvm } from './test-agent.js';
import { useHarness, useService } from './use-harness.js';

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
      () => one.query<{ agents: { state: string }[] }>('{ agents(environment: "apimanager") { state } }'),
      ({ agents }) => agents[0]?.state === 'WRITTEN',
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

  test.each([
    ['an unmasked frame', [0x81, 0x02, 0x68, 0x69], 1002],
    ['a reserved bit', [0xc1, 0x80, 0, 0, 0, 0], 1002],
    ['a fragmented ping', [0x09, 0x80, 0, 0, 0, 0], 1002],
    ['a continuation of nothing', [0x80, 0x80, 0, 0, 0, 0], 1002],
    ['bytes', [0x82, 0x80, 0, 0, 0, 0], 1003],
    ['text that is not UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
    ['a frame that is too large', [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], 1009],
  ])('with %s is closed (RFC 6455)', async (_what, bytes, code) => {
    const socket = await upgrade();
    socket.write(Buffer.from(bytes));
    const answer = await firstFrame(socket);
    expect(answer[0]).toBe(0x88);
    expect(answer.readUInt16BE(2)).toBe(code);
    socket.destroy();
  });

  test('takes a message in pieces, with a ping between them, byte by byte', async () => {
    const socket = await upgrade();
    const text = Buffer.from(JSON.stringify({ type: 'ping' }));
    const pieces = Buffer.concat([
      frame(0x01, text.subarray(0, 4)),
      frame(0x89, Buffer.from('p')),
      frame(0x80, text.subarray(4)),
    ]);
    for (const byte of pieces) socket.write(Buffer.from([byte]));
    const answers = await until(
      () => Promise.resolve(socket.read() as Buffer | null),
      (chunk) => chunk !== null,
    );
    expect(answers![0]).toBe(0x8a);
    socket.destroy();
  });

  test('for another path or another protocol is refused', async () => {
    await expect(upgrade({ path: '/other' })).rejects.toThrow();
    await expect(upgrade({ protocol: 'graphql-ws' })).rejects.toThrow('400');
  });
});

function upgrade({ path = '/graphql', protocol = 'graphql-transport-ws' } = {}): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const asked = request(`${one.url}${path}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        'sec-websocket-version': '13',
        'sec-websocket-protocol': protocol,
      },
    });
    asked.on('upgrade', (_response, socket: Socket) => resolve(socket));
    asked.on('response', ({ statusCode }) => reject(new Error(String(statusCode))));
    asked.on('error', reject);
    asked.end();
  });
}

async function firstFrame(socket: Socket): Promise<Buffer> {
  return new Promise((resolve) => socket.once('data', resolve));
}

function frame(first: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
