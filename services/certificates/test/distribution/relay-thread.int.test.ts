import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { leaderPid } from '../support/leader-pid.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const BLOCK_REQUESTS = fileURLToPath(new URL('./block-requests.js', import.meta.url));
/** PostgreSQL ends a leader's session that is silent for half as long. */
const BLOCKED_MS = 5_000;

const harness = useHarness();

test('requests that keep a process busy for seconds cost it neither the lead nor what it publishes', async () => {
  const block = join(harness.folder, 'block');
  const leader = await harness.start({ NODE_OPTIONS: `--import=${BLOCK_REQUESTS}`, BLOCK_FILE: block });
  await leader.logged('this process leads the relay');
  const other = await harness.start();
  const agent = await TestAgent.enroll(other, 'apimanager', 'host');
  const nats = await harness.connectNats();
  const heard: number[] = [];
  nats.subscribe(agent.subjects.changed('apimanager'), {
    callback: (_error, { data }) => void heard.push(agent.read(data).statement.revision),
  });
  await nats.flush();
  const pid = await leaderPid(harness.sql);

  writeFileSync(block, '');
  try {
    await delay(BLOCKED_MS);
    const definitions = [pasted(['apimanager'], 'meanwhile', makeCertificate().pem)];
    await createCertificate(other, { name: 'meanwhile', definitions });
    await until(
      () => Promise.resolve(heard),
      (revisions) => revisions.includes(1),
    );
    expect(await leaderPid(harness.sql)).toBe(pid);
  } finally {
    rmSync(block);
  }
  expect(other.output()).not.toContain('this process leads the relay');
  expect((await fetch(`${leader.url}/readyz`)).status).toBe(200);
}, 60_000);
