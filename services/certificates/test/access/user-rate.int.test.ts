import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestIssuer } from '../support/test-issuer.js';
import { useHarness } from '../support/use-harness.js';

/** Requests in ten seconds. */
const ALLOWED = 50;
const MORE = 10;

const harness = useHarness();
const issuer = madeIn(beforeAll, async () => {
  const made = await TestIssuer.start();
  harness.onStop(() => made.stop());
  return made;
});
const service = madeIn(beforeAll, () => {
  const file = join(harness.folder, 'issuers.json');
  writeFileSync(file, JSON.stringify([issuer.settings()]));
  return harness.start({ TRUSTCAST_OIDC_ISSUERS: file, TRUSTCAST_RATE_LIMIT: String(ALLOWED / 10) });
});

test('a person counts as one, whatever tokens he asks with, over HTTP and WebSocket, and nobody else waits for him', async () => {
  const tokenOf = (index: number) => issuer.tokenOf('hasty', { name: `Hasty ${index}` });
  const tokens = await Promise.all(Array.from({ length: ALLOWED + MORE }, (_each, index) => tokenOf(index)));
  const statuses = await Promise.all(
    tokens.map(async (token) => (await ask(service.url, token, '{ me { name } }')).status),
  );
  expect(statuses.filter((status) => status === 200)).toHaveLength(ALLOWED);
  expect(statuses.filter((status) => status === 429)).toHaveLength(MORE);
  const feed = subscriptionClient(harness, service, await tokenOf(-1)).iterate({ query: '{ me { name } }' });
  await expect(feed.next()).rejects.toMatchObject({ code: 1013 });
  expect((await ask(service.url, await issuer.tokenOf('patient'), '{ me { name } }')).status).toBe(200);
});
