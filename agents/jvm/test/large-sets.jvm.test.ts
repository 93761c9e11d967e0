import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { JavaProcess } from './java-process.js';
import { findJvms } from './jdks.js';
import { World } from './world.js';

let world: World;

/** Twenty thousand certificates are not made at once. */
const LONG_MS = 300_000;

beforeAll(async () => {
  world = await World.create();
  await world.lab.do('many', world.path('all.p12'), 20_000, 'trustcast/marker=marker');
}, LONG_MS);

afterEach(async () => {
  await world.stopSubjects();
  rmSync(world.path('truststore.history')); // which takes 100,000 fingerprints
});

afterAll(async () => world.close());

async function deployMany(count: number): Promise<string> {
  const answer = await world.lab.do('many', world.truststore, count, 'trustcast/marker=marker');
  return answer.split(' ')[0] ?? '';
}

/** No thread of the application may run out of memory, while the set comes and after it. */
async function isWell(subject: JavaProcess, ms = 500): Promise<void> {
  expect(await subject.do('churn', ms)).toBe('0');
  expect(subject.stderr).not.toContain('OutOfMemoryError');
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each([
    [128, 64, 10_000],
    [96, 0, 20_000],
    [512, 384, 19_700],
  ])(
    'a JVM with %i MB of heap that keeps %i MB says that %i entries are too many, and goes on',
    async (heap, kept, count) => {
      const before = await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none', [`-Xmx${heap}m`]);
      await subject.do('fill', kept);
      await world.attach(subject);
      await world.untilLive(subject, before);

      await deployMany(count);
      await isWell(subject, 3_000);
      const { state, reason, loaded } = await world.until(subject, (status) => status.state !== 'LIVE');
      expect([state, loaded?.sha256]).toEqual(['FAILED', before]);
      expect(reason).toMatch(
        /^HEAP_TOO_SMALL: \d+ entries need \d+ MiB of heap, \d+ MiB are left of \d+; removals are applied$/,
      );
      expect(reason).toContain(`${count + 1} entries`);

      await world.untilLive(subject, await world.deploy('other-ca=other'));
      await isWell(subject);
    },
    LONG_MS,
  );

  test(
    'a set that was too large is loaded as soon as the application has let go of enough',
    async () => {
      const subject = await world.subject(jdk, 'none', ['-Xmx128m']);
      await subject.do('fill', 64);
      await world.deploy();
      await world.attach(subject);
      await world.until(subject, ({ state }) => state === 'LIVE');
      const sha256 = await deployMany(10_000);
      await world.until(subject, ({ reason }) => reason?.startsWith('HEAP_TOO_SMALL') ?? false);
      await subject.do('let-go');
      await world.untilLive(subject, sha256);
      expect(world.status(subject)?.loaded?.managed).toBe(10_000);
      await isWell(subject);
    },
    LONG_MS,
  );
});
