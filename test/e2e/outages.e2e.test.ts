import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Authority } from '../kit/authority.js';
import { Installation, type RunningHost } from '../kit/installation.js';

/** The long absence; TRUSTCAST_TEST_ABSENCE makes it longer. */
const ABSENCE = Number(process.env.TRUSTCAST_TEST_ABSENCE ?? 150);
const CLIENTS = 16;

let installation: Installation;
let authority: Authority;
let host: RunningHost;
let made = 0;

beforeAll(async () => {
  installation = await Installation.start();
  authority = await Authority.make('Outage CA');
  host = await installation.host('host');
}, 60_000);
afterAll(() => installation.stop());
afterEach(async () => {
  // Whatever happened: every change that was acknowledged is one revision, and the host has them all.
  expect(await installation.settled(host, 'host')).toBe(made);
});

/** So many changes, by clients that insist until they are answered. */
async function change(count: number): Promise<void> {
  const numbers = Array.from({ length: count }, () => ++made);
  const client = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop())
      await installation.create(`outage-${number}`, await authority.renew());
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

describe('a host ends at the right digest by itself', () => {
  test('after NATS was stopped during two hundred changes', async () => {
    await change(20);
    const changes = change(200);
    await installation.stopNats();
    await changes;
    await installation.startNats();
  }, 120_000);

  test.each([50, ABSENCE])(
    'after it was away during %i changes',
    async (count) => {
      await host.process.stop();
      await change(count);
      host = await installation.host('host');
    },
    300_000,
  );

  test('after the service was killed in the middle of changes', async () => {
    const changes = change(60);
    await installation.create(`outage-${++made}`, await authority.renew());
    installation.service.signal('SIGKILL');
    await installation.service.ended;
    installation.service = await installation.startService(Number(new URL(installation.url).port));
    await changes;
    expect(installation.unanswered).toBeGreaterThan(0);
  }, 120_000);

  test('after PostgreSQL was killed and restarted under load, twice', async () => {
    const before = installation.unanswered;
    for (let time = 0; time < 2; time += 1) {
      const changes = change(80);
      await installation.create(`outage-${++made}`, await authority.renew());
      process.kill(installation.postgres.pid!, 'SIGKILL');
      await installation.restartPostgres();
      await changes;
    }
    expect(installation.unanswered).toBeGreaterThan(before);
  }, 120_000);
});

test('a relay that was stopped past the takeover and continued moves nothing', async () => {
  const [first, second] = [installation.service, await installation.startService()];
  const [firstUrl, secondUrl] = [installation.url, String(second.ready.url)];
  // What a relay published and could not note before it was stopped is published again; a host that has it pulls.
  await host.process.stop();
  host = await installation.host('host', { url: secondUrl });
  await change(5);
  first.signal('SIGSTOP');
  try {
    installation.url = secondUrl;
    await change(40);
    await leads(secondUrl, true);
    await installation.settled(host, 'host');
    const before = writeOf(host);
    first.signal('SIGCONT');
    await leads(firstUrl, false);
    await leads(secondUrl, true);
    expect(writeOf(host)).toBe(before);
  } finally {
    first.signal('SIGCONT');
    installation.url = firstUrl;
  }
  await change(5);
}, 120_000);

test('a host never went backwards in any of this', () => {
  const revisions = installation.applied('host');
  expect(revisions.length).toBeGreaterThan(0);
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
});

async function leads(url: string, wanted: boolean): Promise<void> {
  for (;;) {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (new RegExp(`^trustcast_relay_leader ${wanted ? 1 : 0}$`, 'm').test(metrics)) return;
    await delay(50);
  }
}

function writeOf({ directory }: RunningHost): string {
  const { ino, mtimeNs, ctimeNs } = statSync(join(directory, 'truststore.p12'), { bigint: true });
  return [ino, mtimeNs, ctimeNs].join(' ');
}
