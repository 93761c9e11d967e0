import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { agentPaths } from '@trustcast/schema';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { TestAgent, register } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

// Together fewer than the connections that strangers may have: a host is one until its token was read.
const HOSTS = 40;
/** What each host asks at once, as after an outage in which everything was tried again and again. */
const EACH = 20;
const service = useService(useHarness());

/** Asks until it is answered, as an agent does: not before the time that it is told. */
async function insist(ask: () => Promise<Response>): Promise<{ status: number; waited: number[] }> {
  const waited: number[] = [];
  for (;;) {
    const answer = await ask();
    await answer.arrayBuffer();
    if (answer.status !== 503 && answer.status !== 429) return { status: answer.status, waited };
    const seconds = Number(answer.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    waited.push(seconds);
    await delay(seconds * 1_000 * (1 + Math.random() / 2));
  }
}

test('a storm of agents is spread over time, all of them are answered in the end, and people are meanwhile', async () => {
  const agents: TestAgent[] = [];
  for (let host = 0; host < HOSTS; host++) agents.push(await TestAgent.enroll(service, 'apimanager', `host-${host}`));
  const storm = { on: true };
  const people = (async () => {
    const waits: number[] = [];
    for (let number = 0; storm.on; number++) {
      const askedAt = performance.now();
      const name = `during-${number}`;
      const definitions = [pasted(['apimanager'], name, makeCertificate().pem)];
      const { certificate } = await createCertificate(service, { name, definitions });
      expect(certificate).not.toBeNull();
      waits.push(performance.now() - askedAt);
      await delay(50);
    }
    return waits;
  })();
  const asked = agents.flatMap((agent) =>
    Array.from({ length: EACH }, (_, index) =>
      insist(() => {
        if (index % 3 === 0) return register(service, agent.token, agent.key);
        return agent.request(index % 3 === 1 ? agentPaths.heartbeat('apimanager') : agentPaths.set('apimanager'));
      }),
    ),
  );
  const answers = await Promise.all(asked);
  storm.on = false;
  const waits = await people;
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const told = answers.flatMap(({ waited }) => waited);
  expect(told.length).toBeGreaterThan(HOSTS);
  // Not all of them at once again.
  expect(new Set(told).size).toBeGreaterThan(5);
  process.stdout.write(
    `${answers.length} requests, ${told.length} told to come again; longest mutation meanwhile ${Math.max(...waits).toFixed(0)} ms\n`,
  );
}, 120_000);
