import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startPartner } from '@trustcast/dev/partner.mjs';
import {
  type ApiManager,
  compileApiManager,
  startApiManager,
} from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';

import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { Authority } from '../kit/authority.js';
import { Installation, type RunningHost } from '../kit/installation.js';

/** TRUSTCAST_TEST_UPDATES makes them more. */
const UPDATES = Number(process.env.TRUSTCAST_TEST_UPDATES ?? 30);

let installation: Installation;
let host: RunningHost;
let partner: Awaited<ReturnType<typeof startPartner>>;
let authority: Authority;
const managers: ApiManager[] = [];

beforeAll(async () => {
  installation = await Installation.start();
  authority = await Authority.make('Rotated CA');
  partner = await startPartner({ identity: await authority.issue() });
  host = await installation.host('host');
  const jdks = await findJdks();
  const classes = join(host.directory, '..', 'classes');
  await compileApiManager({ jdk: jdks[0]!, classes });
  for (const jdk of new Set([jdks[0]!, jdks.at(-1)!]))
    managers.push(await startApiManager({ jdk, classes, url: partner.url, javaOptions: [host.javaAgent] }));
}, 60_000);
afterAll(async () => {
  await Promise.all(managers.map((manager) => manager.stop()));
  await partner.stop();
  await installation.stop();
});

test(`while a certificate is replaced ${UPDATES} times, no JVM has a moment with neither the old nor the new one`, async () => {
  let certificate = await installation.create('rotated', await authority.renew());
  for (const manager of managers) await firstSuccess(manager);
  let rotating = true;
  const calls = managers.map(() => 0);
  // What the server shows chains up to any of the certificates: a refusal means that none of them was trusted.
  const pollers = managers.map(async (manager, i) => {
    for (; rotating; calls[i]! += 1) expect(await manager.call()).toMatchObject({ status: 200 });
  });
  for (let update = 0; update < UPDATES; update += 1) {
    const before = [...calls];
    certificate = await installation.replace(certificate, await authority.renew());
    await installation.settled(host, 'host');
    // One call may have begun before the update: the second one did not.
    while (calls.some((count, i) => count < before[i]! + 2)) await Promise.race([delay(5), ...pollers]);
  }
  rotating = false;
  await Promise.all(pollers);
  process.stdout.write(`handshakes during ${UPDATES} updates: ${calls.join(', ')}\n`);
  // They depend on it: without any of them they refuse.
  await installation.remove(certificate);
  for (const manager of managers) while (!('exception' in (await manager.call())));
}, 120_000);

async function firstSuccess(manager: ApiManager): Promise<void> {
  while ('exception' in (await manager.call()));
}
