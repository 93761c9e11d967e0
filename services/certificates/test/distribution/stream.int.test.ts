import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { subjectsOf } from '@trustcast/schema';
import { STREAM_LIMITS } from '../../src/platform/nats/keep-stream.js';
import { until } from '../support/harness.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
let server: Awaited<ReturnType<typeof startNats>>;
const harness = useHarness({
  given: async () => {
    server = await startNats({ cacheDir, ephemeral: true, jetstream: true });
    return { natsUrl: server.url };
  },
});
let service: ServiceProcess;
let nats: NatsConnection;
let manager: JetStreamManager;
let stream: string;

beforeAll(async () => {
  harness.onStop(() => server.stop());
  service = await harness.start();
  await service.logged('the stream of change events is ready');
  nats = await harness.connectNats();
  manager = await jetstreamManager(nats);
  const { registration } = await TestAgent.enroll(service, 'apimanager', 'host');
  ({ stream } = subjectsOf(registration.installation));
});

test('the stream has a limit of bytes, of events per environment and of the size of one', async () => {
  expect((await manager.streams.info(stream)).config).toMatchObject(STREAM_LIMITS);
  expect(STREAM_LIMITS.max_bytes).toBeGreaterThan(0);
  expect(STREAM_LIMITS.max_msgs_per_subject).toBeGreaterThan(0);
});

test.each([
  ['of an earlier release, which has no limit, gets them', {}, STREAM_LIMITS],
  ['with limits of its operator keeps those', { max_bytes: 1_000_000 }, { max_bytes: 1_000_000, max_msgs: -1 }],
])('a stream %s', async (_what, given, expected) => {
  await service.stop();
  const { subjects } = (await manager.streams.info(stream)).config;
  await manager.streams.delete(stream);
  await manager.streams.add({ name: stream, subjects, ...given });
  service = await harness.start();
  await service.logged('the stream of change events is ready');
  expect((await manager.streams.info(stream)).config).toMatchObject(expected);
});

test('a gateway has a consumer in the stream from its registration to its end', async () => {
  await service.query(`mutation { createEnvironment(input: { name: "edge", kind: GATEWAY }) { userErrors { code } } }`);
  const { agent } = (await TestAgent.enroll(service, 'edge', 'gateway')).registration;
  const names = async () => (await manager.consumers.list(stream).next()).map(({ name }) => name);
  await until(names, (all) => all.includes(agent));
  await service.query('mutation ($id: ID!) { deleteAgent(input: { id: $id }) { agent { id } } }', { id: agent });
  await until(names, (all) => !all.includes(agent));
});
