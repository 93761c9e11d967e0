import { beforeAll, describe, expect, test } from '@jest/globals';
import { type HalfOpenProxy, halfOpenProxy } from './half-open-proxy.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  type CertificateView,
  createCertificate,
  createEnvironment,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();

async function startBehindProxy(): Promise<{ service: ServiceProcess; proxy: HalfOpenProxy }> {
  const proxy = await halfOpenProxy(harness.databaseUrl);
  const service = await harness.start({ DATABASE_URL: proxy.url });
  harness.onStop(() => proxy.stop());
  return { service, proxy };
}

async function isLeading({ url }: ServiceProcess): Promise<boolean> {
  return /^trustcast_relay_leader 1$/m.test(await (await fetch(`${url}/metrics`)).text());
}

describe('a process whose link to PostgreSQL goes half-open', () => {
  let other: ServiceProcess;
  let certificate: CertificateView;
  let serial = 0;
  beforeAll(async () => {
    other = await harness.start();
    await createEnvironment(other, 'shared');
    const { certificate: made } = await createCertificate(other, {
      name: 'contested',
      definitions: [pasted(['shared'], 'contested', makeCertificate().pem)],
    });
    certificate = made!;
  });

  const update = (service: ServiceProcess) =>
    updateCertificate(service, {
      id: certificate.id,
      expectedVersion: 1,
      description: 'x',
      definitions: [pasted(['shared'], `alias-${++serial}`, makeCertificate(`Renewed ${serial}`).pem)],
    });

  test('in the middle of a mutation holds the locks of that mutation for less than 5 s', async () => {
    const { service, proxy } = await startBehindProxy();
    const holder = await harness.sql.connect();
    try {
      await holder.query(`BEGIN; SELECT FROM environments WHERE name = 'shared' FOR UPDATE`);
      void update(service).catch(() => undefined);
      const waiting = () =>
        harness.sql.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
      await until(waiting, ({ rowCount }) => rowCount === 1);
      proxy.cut();
      await holder.query('COMMIT');
    } finally {
      holder.release();
    }
    const startedAt = performance.now();
    const { userErrors } = await update(other);
    const waitedMs = performance.now() - startedAt;
    expect(userErrors).toEqual([]);
    expect(waitedMs).toBeLessThan(5_000);
    service.kill('SIGKILL');
  }, 60_000);

  test('gives the lead to another within 5 s, each of three times', async () => {
    await other.stop();
    const processes = [await startBehindProxy(), await startBehindProxy()];
    for (let round = 0; round < 3; round++) {
      const leads = await until(
        () => Promise.all(processes.map(({ service }) => isLeading(service))),
        (leading) => leading.filter(Boolean).length === 1,
      );
      const cut = processes[leads.indexOf(true)]!;
      const next = processes[leads.indexOf(false)]!;
      const startedAt = performance.now();
      cut.proxy.cut();
      await until(
        () => isLeading(next.service),
        (leading) => leading,
        { timeoutMs: 5_000 },
      );
      process.stdout.write(`a new leader after ${(performance.now() - startedAt).toFixed(0)} ms\n`);
      cut.proxy.heal();
      // It must see for itself that it leads no more.
      await until(
        () => isLeading(cut.service),
        (leading) => !leading,
      );
    }
    for (const { service } of processes) service.kill('SIGKILL');
  }, 120_000);
});
