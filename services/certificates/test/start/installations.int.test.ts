import { expect, test } from '@jest/globals';
import { subjectsOf } from '@trustcast/schema';
import { testNats } from '@trustcast/dev/backends/test-backends.mjs';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

let nats: ReturnType<typeof testNats> | undefined;
const shared = async () => ({ natsUrl: (await (nats ??= testNats())).url });
const production = useHarness({ given: shared });
const staging = useHarness({ given: shared });

test('two installations on one NATS hear nothing of each other, with agents of the same environment name', async () => {
  const [one, two] = [await production.start(), await staging.start()];
  production.onStop(async () => (await nats)?.stop());
  const [host, twin] = [
    await TestAgent.enroll(one, 'apimanager', 'host'),
    await TestAgent.enroll(two, 'apimanager', 'host'),
  ];
  const connection = await production.connectNats();
  const heard: string[] = [];
  for (const subject of ['>', twin.subjects.changed('*')])
    connection.subscribe(subject, { callback: (_error, message) => void heard.push(message.subject) });
  const own: string[] = [];
  connection.subscribe(host.subjects.changed('apimanager'), {
    callback: (_error, { subject }) => void own.push(subject),
  });
  await connection.flush();

  await createCertificate(two, {
    name: 'elsewhere',
    definitions: [pasted(['apimanager'], 'a', makeCertificate().pem)],
  });
  await until(
    () => Promise.resolve(heard),
    (subjects) => subjects.includes(twin.subjects.changed('apimanager')),
  );
  expect(own).toEqual([]);
  expect(heard.filter((subject) => !/^trustcast\.[0-9a-f-]{36}\./.test(subject) && !/^[$_]/.test(subject))).toEqual([]);

  // A report of one installation's agent reaches that installation alone, and is refused nowhere.
  await host.send(connection, host.status({ epoch: 1, revision: 0 }));
  await until(
    () =>
      one.query<{ agents: { nodes: { state: string }[] } }>(
        '{ agents(environment: "apimanager") { nodes { state } } }',
      ),
    ({ agents }) => agents.nodes[0]?.state === 'WRITTEN',
  );
  const counted = await (await fetch(`${two.url}/metrics`)).text();
  expect(counted).not.toMatch(/trustcast_agent_statuses_total\{/);
  expect(subjectsOf(host.registration.installation).stream).not.toBe(twin.subjects.stream);
});
