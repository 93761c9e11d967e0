import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from '@jest/globals';
import { agentPaths } from '@trustcast/schema';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { residentBytes } from '../support/resident-bytes.js';
import { TestAgent } from '../support/test-agent.js';
import { useService } from '../support/use-harness.js';

const service = useService();
const REVISIONS = 200;
const SUBJECT_BYTES = 1_900;
const AT_ONCE = 8;

beforeAll(async () => {
  await createEnvironment(service, 'costly');
  let made = 0;
  const deploy = async () => {
    while (made < REVISIONS) {
      const name = `costly-${made++}`;
      const { pem } = makeCertificate(name.padEnd(SUBJECT_BYTES, '.'));
      const { userErrors } = await createCertificate(service, {
        name,
        definitions: [pasted(['costly'], name, pem)],
        confirmIssuerList: true,
      });
      if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, deploy));
}, 240_000);

function pullAfter(agent: TestAgent, after: string): Promise<Response> {
  return agent.request(`${agentPaths.set('costly')}?after=${after}`);
}

test('1,000 distinct pulls of a fleet cost a bounded part of the memory', async () => {
  const agents = await Promise.all(
    Array.from({ length: 25 }, (_, index) => TestAgent.enroll(service, 'costly', `host-${index}`)),
  );
  const before = residentBytes(service.pid);
  const answers: number[] = [];
  await Promise.all(
    agents.map(async (agent, host) => {
      for (let index = 0; index < 40; index++) {
        // Positions of the log, and of none: those of another epoch, those that are yet to come.
        const number = index * agents.length + host;
        const after = number < REVISIONS ? `1.${number}` : `${1 + (number % 3)}.${number}`;
        const response = await pullAfter(agent, after);
        answers.push(response.status, (await response.arrayBuffer()).byteLength > 0 ? 1 : 0);
      }
    }),
  );
  expect(new Set(answers)).toEqual(new Set([200, 1]));
  expect(answers).toHaveLength(2 * 1_000);
  expect(residentBytes(service.pid) - before).toBeLessThan(200_000_000);
}, 240_000);

test('an agent that pulls without a pause is told when to come again, and nobody else is', async () => {
  const [eager, calm] = [
    await TestAgent.enroll(service, 'costly', 'eager'),
    await TestAgent.enroll(service, 'costly', 'calm'),
  ];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => pullAfter(eager, `1.${index % REVISIONS}`)),
  );
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(20);
  expect(answers.length - refused.length).toBeGreaterThan(20);
  const [first] = refused;
  expect(Number(first?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await first?.json()).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
  expect((await pullAfter(calm, '1.0')).status).toBe(200);
  await delay(1_000 * Number(first?.headers.get('retry-after')));
  expect((await eager.request(agentPaths.heartbeat('costly'))).status).toBe(200);
});
