import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { type Entry, agentPaths, baseDigest, encodeBaseReport } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, deleteCertificate, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const REPORTS = 20;
const ENTRIES = 150;
const harness = useHarness();
let service: ServiceProcess;

beforeAll(async () => {
  service = await harness.start();
});

function base(entries: number): Entry[] {
  return Array.from({ length: entries }, (_, index) => ({ alias: `base/${index}`, der: makeCertificate().der }));
}

function report(agent: TestAgent, entries: readonly Entry[]): Promise<Response> {
  return fetch(`${service.url}${agentPaths.base}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
    body: encodeBaseReport({ digest: baseDigest(entries), entries }),
  });
}

async function x509Rows(): Promise<number> {
  const { rows } = await harness.sql.query<{ number: string }>('SELECT count(*) AS number FROM x509_certificates');
  return Number(rows[0]?.number);
}

/** Starts the service anew, whose leader then removes what nobody needs. */
async function afterTheJob(): Promise<void> {
  await service.stop();
  service = await harness.start();
  await until(
    async () => (await fetch(`${service.url}/metrics`)).text(),
    (text) => /^trustcast_retention_last_success_timestamp_seconds [1-9]/m.test(text),
  );
}

test('an agent that floods bases is told when to come again, holds nobody up, and leaves no rows behind', async () => {
  const [eager, calm] = [
    await TestAgent.enroll(service, 'apimanager', 'eager'),
    await TestAgent.enroll(service, 'apimanager', 'calm'),
  ];
  const bases = Array.from({ length: REPORTS }, () => base(ENTRIES));
  const waits: number[] = [];
  const flood = { on: true };
  const watching = (async () => {
    while (flood.on) {
      const askedAt = performance.now();
      expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
      waits.push(performance.now() - askedAt);
      await delay(20);
    }
  })();
  const answers = await Promise.all(bases.map((entries) => report(eager, entries)));
  const other = base(3);
  expect((await report(calm, other)).status).toBe(200);
  flood.on = false;
  await watching;
  process.stdout.write(`longest answer of /healthz meanwhile: ${Math.max(...waits).toFixed(0)} ms\n`);

  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(REPORTS - 10);
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused[0]?.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });

  await afterTheJob();
  // The last base of each of the two hosts.
  expect(await x509Rows()).toBe(ENTRIES + other.length);
}, 120_000);

test('a certificate of a base that was deployed meanwhile stays when the base goes, for the history needs it', async () => {
  const agent = await TestAgent.enroll(service, 'apimanager', 'historian');
  const [deployed, only] = [makeCertificate('Deployed'), makeCertificate('Only')];
  await report(
    agent,
    [deployed, only].map(({ der }, index) => ({ alias: `base/${index}`, der })),
  );
  const { certificate } = await createCertificate(service, {
    name: 'deployed',
    definitions: [pasted(['apimanager'], 'deployed', deployed.pem)],
  });
  await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1 });
  await report(agent, base(1));
  await afterTheJob();
  const { rows } = await harness.sql.query<{ fingerprint: string }>(
    'SELECT fingerprint FROM x509_certificates WHERE fingerprint = ANY ($1)',
    [[deployed.fingerprint, only.fingerprint]],
  );
  expect(rows).toEqual([{ fingerprint: deployed.fingerprint }]);
}, 60_000);
