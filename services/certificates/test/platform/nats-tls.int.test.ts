import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { startPlainNats } from '@trustcast/dev/jest/plain-nats.mjs';
import { Problems } from '../../src/platform/problems/problems.js';
import { linkNats } from '../../src/platform/nats/nats-link.js';
import { until } from '../support/harness.js';

const server = madeIn(beforeAll, startPlainNats);
afterAll(() => server.stop());
const SETTINGS = { user: 'service', password: 'very-secret', ca: null, allowPlain: false };

test('a server that offers no TLS is told nothing where NATS_URL says tls://', async () => {
  const log = createLog('silent');
  const problems = new Problems(log);
  const servers = [`tls://127.0.0.1:${server.port}`];
  const link = linkNats({ servers, ...SETTINGS }, 'an-installation', problems, log);
  try {
    const [problem] = await until(
      () => Promise.resolve(problems.current),
      (current) => current.length > 0,
    );
    expect(problem?.code).toBe('NATS_UNAVAILABLE');
    expect(problem?.cause).toMatch(/offers no TLS/);
    expect(link.connection()).toBeNull();
    expect(server.told()).toBe('');
  } finally {
    await link.close();
  }
});
