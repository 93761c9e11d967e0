import { expect, test } from '@jest/globals';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import { createCertificate, pasted } from '@trustcast/certificates-service/test/support/mutations.js';
import { TestAgent, jvm } from '@trustcast/certificates-service/test/support/test-agent.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { spawnTrustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);

const KAFKA = { kind: 'OWN_TRUSTSTORE', name: 'org.apache.kafka.common.network.SslTransportLayer', count: 2 } as const;
const CRT = { kind: 'OWN_STACK', name: 'software.amazon.awssdk.crt.io', count: 1 } as const;

test('what LIVE says nothing of reaches GraphQL and everybody who waits, though the deployment is LIVE', async () => {
  const nats = await harness.connectNats();
  const agent = await TestAgent.enroll(service, 'apimanager', 'host');
  const start = { epoch: 1, revision: 0 };
  const pids = { a: 4242, b: 4343, c: 4444 };
  await agent.send(
    nats,
    agent.status(start, { jvms: Object.entries(pids).map(([id, pid]) => jvm(id, start, { pid })) }),
  );
  const definitions = [pasted(['apimanager'], 'named', makeCertificate().pem)];
  const { deployment } = await createCertificate(service, { name: 'named', definitions });
  const { epoch, revision } = deployment!.environments[0]!;
  const at = { epoch, revision };
  const jvms = [
    jvm('a', at, { pid: pids.a, otherTrust: [KAFKA, CRT], olderConnections: 2, partial: ['olderConnections'] }),
    jvm('b', at, { pid: pids.b, olderConnections: 0, partial: ['olderConnections'] }),
    jvm('c', at, { pid: pids.c, olderConnections: 0 }),
  ];
  await agent.send(nats, agent.status(at, { jvms }));

  const watching = spawnTrustcast(['watch', '--environment', 'apimanager'], {
    TRUSTCAST_URL: service.url,
    TRUSTCAST_TOKEN: service.token,
  });
  harness.onStop(() => watching.stop());
  let line = await watching.line();
  while (line !== 'undefined' && !line.includes(' LIVE: ')) line = await watching.line();
  expect(line.split('; ').slice(1)).toEqual([
    'host pid 4242 also trusts by OWN_TRUSTSTORE org.apache.kafka.common.network.SslTransportLayer (2)',
    'host pid 4242 also trusts by OWN_STACK software.amazon.awssdk.crt.io',
    'host pid 4242 holds at least 2 connections of before the last removal',
    'host pid 4343 may hold connections of before the last removal',
  ]);

  const { agents } = await service.query<{ agents: { nodes: { jvms: object[] }[] } }>(
    '{ agents(environment: "apimanager") { nodes { jvms { otherTrust { kind name count } olderConnections partial } } } }',
  );
  expect(agents.nodes[0]!.jvms).toEqual(
    expect.arrayContaining([
      { otherTrust: [KAFKA, CRT], olderConnections: 2, partial: ['olderConnections'] },
      { otherTrust: [], olderConnections: 0, partial: [] },
    ]),
  );
});
