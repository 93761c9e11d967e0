import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  agentPaths,
  encodeChangeMessage,
  publicJwkOf,
  registrationTokenOf,
  signRegistration,
  signRegistrationRequest,
  signingKeyOf,
  verifyStatement,
  keyFromJwk,
} from '@trustcast/schema';
import { FakeService } from '../support/fake-service.js';
import { entriesOf, sha256Of } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
/** Another environment of the same installation: who is in the middle has a token of it. */
let staging: FakeService;

beforeEach(async () => {
  const access = { servers: ['nats://127.0.0.1:1'], user: null, password: null };
  staging = await FakeService.start(access, host.service.environment, host.service.key);
  staging.scope = { installation: host.service.scope.installation, environment: randomUUID() };
});
afterEach(() => staging.stop());

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return (JSON.parse(Buffer.concat(chunks).toString()) as { request: string }).request;
}

async function ownRequest(): Promise<string> {
  const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
  return signRegistrationRequest({ hostname: 'x', agentVersion: '1', token: registrationTokenOf('staging') }, key);
}

const ATTACKS: Record<string, (request: string, earlier: object) => Promise<object>> = {
  'what the service signed for another environment’s token': async () => staging.answerTo(await ownRequest()),
  'what the service signed for this host earlier': (_request, earlier) => Promise.resolve(earlier),
  'what another key signed': async (request) => {
    const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const signingKeys = [await publicJwkOf(key.privateKey)];
    const { installation, environment } = staging.scope;
    const said = {
      agent: staging.agent,
      installation,
      environment: { id: environment, name: staging.environment },
      session: 1,
      signingKeys,
      nats: { servers: ['nats://127.0.0.1:1'], user: null, password: null },
    };
    // Under the service's own key too, as if it were that.
    const offered = [...signingKeys, await publicJwkOf(host.service.key.privateKey)];
    return { signingKeys: offered, registration: await signRegistration(said, request, key) };
  },
  'NATS servers of his own beside what is signed': async (request) => {
    const { signingKeys, registration } = await host.service.answerTo(request);
    const [header = '', payload = '', signature = ''] = registration.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { nats: object };
    const other = JSON.stringify({ ...claims, nats: { ...claims.nats, servers: ['nats://127.0.0.1:1'] } });
    return { signingKeys, registration: [header, Buffer.from(other).toString('base64url'), signature].join('.') };
  },
  'a registration that nobody signed': async () => ({
    agent: staging.agent,
    installation: staging.scope.installation,
    environment: { id: staging.scope.environment, name: staging.environment },
    signingKeys: [await publicJwkOf(host.service.key.privateKey)],
    nats: { servers: ['nats://127.0.0.1:1'], user: null, password: null },
  }),
};

test.each(Object.keys(ATTACKS))(
  'a man in the middle who answers with %s moves nothing, and the host and its doctor say so',
  async (name) => {
    const { service } = host;
    await service.deploy({ upserts: await entriesOf('production') });
    const agent = await host.running();
    await service.written();
    await agent.stop();
    const before = sha256Of(host.truststore);
    service.intercept = async (request, response) => {
      if (request.url !== agentPaths.register) return false;
      response.writeHead(200).end(JSON.stringify(await ATTACKS[name]!(await bodyOf(request), service.lastAnswer!)));
      return true;
    };
    host.agent();
    const { written, environment } = await service.status(
      ({ reason }) => reason?.startsWith('REGISTRATION_NOT_BELIEVED: ') === true,
    );
    expect({ written, environment }).toEqual({ written: service.position, environment: service.scope.environment });
    expect(sha256Of(host.truststore)).toBe(before);
    // What is signed for its environment still arrives, over the NATS that it knows.
    await service.deploy({ upserts: await entriesOf('next') });
    await service.status((status) => status.written?.revision === 2);
    // The agent leaves it for the command line a moment later.
    let found = '';
    for (let tries = 0; tries < 20 && !found.includes('REGISTRATION_NOT_BELIEVED'); tries += 1) {
      await sleep(250);
      found = (await host.cli(['doctor'])).out;
    }
    expect(found).toContain('REGISTRATION_NOT_BELIEVED');
  },
);

/** Has every pull and heartbeat answered as it was at a revision before, by statements that have not expired. */
async function answerAsOf(revision: number): Promise<void> {
  const { service } = host;
  const { position, set } = service.history.find((one) => one.position.revision === revision)!;
  const statement = await service.statement(revision);
  const held = { statement, from: null, upserts: [...set.values()], removals: [] };
  const beat = { statement, from: position, upserts: [], removals: [] };
  service.intercept = (request, response) => {
    const url = request.url ?? '';
    const message = url.includes('/set') ? held : url.endsWith('/heartbeat') ? beat : null;
    if (message) response.writeHead(200).end(encodeChangeMessage(message));
    return message !== null;
  };
}

test('a new host is given no set of before it registered, and takes the one of now', async () => {
  const { service } = host;
  for (const alias of ['good', 'compromised']) await service.deploy({ upserts: await entriesOf(alias) });
  await answerAsOf(2);
  await service.deploy({ removals: ['compromised'] });
  host.agent();
  const { written } = await service.status(({ refused }) => (refused.OLD ?? 0) > 0);
  expect(written).toBeNull();
  await service.publish(await service.heartbeat(), 'heartbeat');
  expect((await service.status(({ refused }) => (refused.OLD ?? 0) > 1)).written).toBeNull();
  service.intercept = () => false;
  await service.written(3);
});

test('a host that registered once and never had a set takes none before it has registered again', async () => {
  const { service } = host;
  await service.deploy({ upserts: await entriesOf('compromised') });
  await answerAsOf(1);
  const old = service.intercept;
  service.intercept = (request, response) =>
    request.url?.includes('/set') === true && Boolean(response.writeHead(503).end());
  const first = host.agent();
  await first.line('registered');
  await first.stop();
  await service.deploy({ removals: ['compromised'] });
  // Who is in the middle lets no registration through.
  service.intercept = (request, response) =>
    request.url === agentPaths.register ? Boolean(response.writeHead(503).end()) : old(request, response);
  const second = host.agent();
  await second.line('ready');
  const registrations = (): number => service.requests.filter((one) => one.endsWith(agentPaths.register)).length;
  while (registrations() < 4) await sleep(50);
  expect(second.lines.map(({ msg }) => msg)).not.toContain('applied');
  service.intercept = () => false;
  await service.written(2);
});

test('a host that served another environment meanwhile does not go back behind what it had accepted', async () => {
  const { service } = host;
  const production = service.scope;
  for (const alias of ['good', 'compromised']) await service.deploy({ upserts: await entriesOf(alias) });
  await service.deploy({ removals: ['compromised'] });
  const first = await host.running();
  await first.stop();
  const history = service.history;
  service.scope = { ...production, environment: randomUUID() };
  service.restore(history.slice(0, 1));
  const second = await host.running();
  await second.stop();
  service.scope = production;
  service.restore(history.slice(0, 3));
  host.agent();
  const { written, statement } = await service.status(({ refused }) => (refused.OLD ?? 0) > 0);
  expect(written).toBeNull();
  const keys = new Map([[service.key.kid, keyFromJwk(await publicJwkOf(service.key.privateKey))]]);
  // The service sees by it that its database was restored.
  expect(verifyStatement(statement ?? '', keys)).toMatchObject({ ...production, revision: 3 });
  service.restore(history);
  await service.publish(await service.event());
  await service.written(3);
});
