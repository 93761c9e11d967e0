import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type ApiManager,
  compileApiManager,
  startApiManager,
} from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import { Authority } from '../kit/authority.js';
import { Installation, type RunningHost, pasted } from '../kit/installation.js';

let installation: Installation;
let authority: Authority;
let host: RunningHost;
let manager: ApiManager;

beforeAll(async () => {
  installation = await Installation.start();
  authority = await Authority.make('Away CA');
  host = await installation.host('host');
  const [jdk] = await findJdks();
  const classes = join(host.directory, '..', 'classes');
  await compileApiManager({ jdk: jdk!, classes });
  const javaOptions = [host.javaAgent];
  manager = await startApiManager({ jdk: jdk!, classes, url: 'https://127.0.0.1:1/', javaOptions });
}, 60_000);
afterAll(async () => {
  await manager.stop();
  await installation.stop();
});

interface Progress {
  readonly state: string;
  readonly hosts: { readonly unreachable: number };
  readonly jvms: { readonly live: number };
}

async function progressOf(id: string): Promise<Progress> {
  const { deployment } = await installation.query<{ deployment: { environments: Progress[] } }>(
    'query ($id: ID!) { deployment(id: $id) { environments { state hosts { unreachable } jvms { live } } } }',
    { id },
  );
  return deployment.environments[0]!;
}

async function deploy(name: string): Promise<string> {
  const input = { name, definitions: [pasted(name, await authority.renew())], idempotencyKey: name };
  return (await installation.insist('createCertificate', input)).deployment!.id;
}

async function becomesLive(id: string, timeoutMs: number): Promise<void> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const progress = await progressOf(id);
    if (progress.state === 'LIVE' && progress.jvms.live === 1) return;
    if (performance.now() > until)
      throw new Error(`not LIVE after ${timeoutMs} ms: ${JSON.stringify([progress, await jvms()])}`);
    await delay(100);
  }
}

function jvms(): Promise<object> {
  return installation.query('{ agents(environment: "apimanager") { nodes { state reason jvms { state reason } } } }');
}

async function stored(transport: 'nats' | 'http'): Promise<number> {
  const metrics = await (await fetch(`${installation.url}/metrics`)).text();
  const found = new RegExp(
    `^trustcast_agent_statuses_total\\{outcome="stored",transport="${transport}"\\} (\\d+)$`,
    'm',
  ).exec(metrics);
  return Number(found?.[1] ?? 0);
}

test('without NATS a host stays reachable, what is deployed becomes LIVE over HTTP, and NATS is used again by itself', async () => {
  // Before it is known it counts in nothing.
  while (!JSON.stringify(await jvms()).includes('"LIVE"')) await delay(100);
  const first = await deploy('with-nats');
  await becomesLive(first, 20_000);
  await installation.stopNats();
  const stoppedAt = performance.now();
  const meanwhile = await deploy('without-nats');
  await becomesLive(meanwhile, 50_000);
  await delay(stoppedAt + UNREACHABLE_AFTER_MS + 5_000 - performance.now());
  expect(await progressOf(meanwhile)).toMatchObject({ state: 'LIVE', hosts: { unreachable: 0 } });
  expect(await progressOf(first)).toMatchObject({ state: 'LIVE', hosts: { unreachable: 0 } });
  expect(await stored('http')).toBeGreaterThan(0);

  const before = await stored('nats');
  await installation.startNats();
  const deadline = performance.now() + 40_000;
  while ((await stored('nats')) === before && performance.now() < deadline) await delay(100);
  const overHttp = await stored('http');
  await becomesLive(await deploy('nats-again'), 20_000);
  expect(await stored('nats')).toBeGreaterThan(before);
  expect(await stored('http')).toBe(overHttp);
}, 180_000);
