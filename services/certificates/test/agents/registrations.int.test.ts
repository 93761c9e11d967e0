import { beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useService } from '../support/use-harness.js';

const service = useService();
beforeAll(async () => {
  await createEnvironment(service, 'registering');
});

test('the answer to a registration names where the environment is, which is where a pull leads', async () => {
  const before = await TestAgent.enroll(service, 'registering', 'early');
  expect(before.registration.position).toEqual({ epoch: 1, revision: 0 });
  const { pem } = makeCertificate('one');
  await createCertificate(service, { name: 'one', definitions: [pasted(['registering'], 'one', pem)] });
  const after = await before.restarted();
  expect(after.registration.position).toEqual({ epoch: 1, revision: 1 });
  const { epoch, revision } = (await after.pull()).statement;
  expect({ epoch, revision }).toEqual(after.registration.position);
});

test('an agent that registers without a pause is told when to come again, and another registers', async () => {
  const [eager, calm] = [
    await TestAgent.enroll(service, 'registering', 'eager'),
    await TestAgent.enroll(service, 'registering', 'calm'),
  ];
  const statuses: number[] = [];
  let refused: Response | undefined;
  for (let asked = 0; asked < 30; asked += 1) {
    const response = await eager.registerAgain();
    statuses.push(response.status);
    if (response.status === 429) refused ??= response;
  }
  expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(statuses.at(-1)).toBe(429);
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused?.json()).toMatchObject({ status: 429, code: 'TOO_MANY_REQUESTS' });
  expect((await calm.registerAgain()).status).toBe(200);
});
