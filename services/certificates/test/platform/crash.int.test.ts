import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { EMPTY_SET, applyDelta, digestOf } from '@trustcast/schema';
import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const DIE_AT = fileURLToPath(new URL('../support/die-at.js', import.meta.url));
/** One step in so many is tried; TRUSTCAST_TEST_STEPS=1 tries them all. */
const STRIDE = Number(process.env.TRUSTCAST_TEST_STEPS ?? 11);

const harness = useHarness();

test('a crash between any two steps of a mutation and its publication loses nothing and doubles nothing', async () => {
  const armed = join(harness.folder, 'armed');
  const nats = await harness.connectNats();
  const mortal = async (step: number) => {
    const env = { NODE_OPTIONS: `--import=${DIE_AT}`, DIE_AT: String(step), DIE_ARMED: armed };
    const started = await harness.start(env);
    await started.logged('this process leads the relay');
    return started;
  };
  let service = await mortal(1);
  const agent = await TestAgent.enroll(service, 'apimanager', 'host');
  const scope = { installation: agent.registration.installation, environment: agent.registration.environment.id };
  const heard: { revision: number; digest: string }[] = [];
  nats.subscribe(agent.subjects.changed('apimanager'), {
    callback: (_error, { data }) => {
      const { statement } = agent.read(data);
      heard.push({ revision: statement.revision, digest: statement.digest });
    },
  });
  await nats.flush();
  const died = { unanswered: 0, answered: 0 };
  for (let step = 1, survived = false; !survived; step += STRIDE) {
    const name = `crash-${step}`;
    const input = { name, definitions: [pasted(['apimanager'], name, makeCertificate().pem)], idempotencyKey: name };
    const revision = (heard.at(-1)?.revision ?? 0) + 1;
    const isHeard = () =>
      until(
        () => Promise.resolve(heard),
        (all) => all.at(-1)?.revision === revision,
      );
    writeFileSync(armed, '');
    const first = await createCertificate(service, input).catch(() => undefined);
    // The last step notes the publication, after the message.
    const isDone = isHeard().then(() => delay(300));
    await Promise.race([service.ended, isDone.catch(() => undefined)]);
    rmSync(armed);
    let again = await createCertificate(service, input).catch(() => undefined);
    survived = again !== undefined;
    if (!again) {
      died[first ? 'answered' : 'unanswered'] += 1;
      service = await mortal(step + STRIDE);
      again = await createCertificate(service, input);
    }
    if (first) expect(again.certificate!.id).toBe(first.certificate!.id);
    await isHeard();
    const { message, statement } = await agent.at(service).pull();
    expect(statement.revision).toBe(revision);
    expect(digestOf(scope, applyDelta(EMPTY_SET, message))).toBe(heard.at(-1)!.digest);
  }
  process.stdout.write(`crashes before the answer: ${died.unanswered}, after it: ${died.answered}\n`);
  expect(died.unanswered).toBeGreaterThan(0);
  const revisions = heard.map(({ revision }) => revision);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(new Set(heard.map(({ revision, digest }) => `${revision} ${digest}`)).size).toBe(new Set(revisions).size);
}, 600_000);
