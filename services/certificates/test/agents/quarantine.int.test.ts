import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const AT = { epoch: 1, revision: 0 };

interface Seen {
  readonly agents: {
    readonly nodes: readonly { readonly lastSeenAt: string | null; readonly quarantine: object | null }[];
  };
}

test('a host that keeps certificates out of its truststore names each with its fingerprint and the JDK that failed', async () => {
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, 'apimanager', 'host');
  const seen = async () => {
    const { agents } = await service.query<Seen>(
      `{ agents(environment: "apimanager") { nodes { lastSeenAt quarantine { total certificates { alias fingerprint jdk } } } } }`,
    );
    return agents.nodes[0]!;
  };
  expect(await seen()).toEqual({ lastSeenAt: null, quarantine: null });
  const entries = [{ alias: 'partner-ca', fingerprint: 'ab'.repeat(32), jdk: '/opt/jre-11' }];
  const jvms = [jvm('a', AT, { state: 'LOADED', reason: 'QUARANTINED: partner-ca' })];
  await agent.send(nats, agent.status(AT, { jvms, quarantine: { entries, total: 3 } }));
  const { quarantine } = await until(seen, ({ lastSeenAt }) => lastSeenAt !== null);
  expect(quarantine).toEqual({ total: 3, certificates: entries });
  await agent.send(nats, agent.status(AT, { jvms: [jvm('a', AT)] }));
  await until(seen, (now) => now.quarantine === null);
});
