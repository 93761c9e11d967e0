import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { JavaProcess } from './java-process.js';
import { type Jdk, findJvms } from './jdks.js';
import { World } from './world.js';

let world: World;
let partner: number;
let other: number;

/** Ten thousand certificates are not made at once. */
const LONG_MS = 300_000;
const MARKER = 'trustcast/marker=marker';

beforeAll(async () => {
  world = await World.create();
  await world.lab.do('self', 'extra');
  partner = await world.serve('partner');
  other = await world.serve('other');
  await world.lab.do('many', world.path('all.p12'), 10_000, MARKER);
}, LONG_MS);

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

async function deployMany(count: number, ...entries: string[]): Promise<void> {
  await world.lab.do('many', world.truststore, count, MARKER, ...entries);
}

/** A JVM with little heap that trusts these, with a client of the default trust and one of the file. */
async function subjectWith(jdk: Jdk, entries: string[], keptMb: number): Promise<JavaProcess> {
  const sha256 = await world.deploy(...entries);
  const subject = await world.subject(jdk, 'none', ['-Xmx128m']);
  await subject.do('make', 'default', 'null-managers');
  await subject.do('make', 'file', `file-pkix:${world.truststore}`);
  await subject.do('fill', keptMb);
  await world.attach(subject);
  await world.untilLive(subject, sha256);
  return subject;
}

async function verdicts(subject: JavaProcess, port: number): Promise<string[]> {
  const answers = [await subject.ask('call', 'default', port), await subject.ask('call', 'file', port)];
  return answers.map((answer) => answer.split(' ')[0] ?? '');
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test(
    'what a set that does not fit the heap no longer has is refused, resumed sessions too, and the rest is kept',
    async () => {
      const entries = ['partner-ca=partner', 'other-ca=other'];
      const subject = await subjectWith(jdk, entries, 64);
      expect(await verdicts(subject, partner)).toEqual(['ok', 'ok']);
      await deployMany(10_000, 'renamed-ca=other');
      expect(await verdicts(subject, partner)).toEqual(['fail', 'fail']);
      expect(await verdicts(subject, other)).toEqual(['ok', 'ok']);
      const { state, reason, loaded } = await world.until(subject, (status) => status.loaded?.managed === 1);
      expect([state, loaded?.managed]).toEqual(['FAILED', 1]);
      expect(reason).toMatch(/^HEAP_TOO_SMALL: 10002 entries need .*; removals are applied$/);
      expect(await subject.do('churn', 1_000)).toBe('0');

      await deployMany(9_999);
      expect(await verdicts(subject, other)).toEqual(['fail', 'fail']);
      await world.untilLive(subject, await world.deploy(...entries));
      expect(await verdicts(subject, partner)).toEqual(['ok', 'ok']);
    },
    LONG_MS,
  );

  test(
    'a removal from a large set is applied when the application has filled the heap since',
    async () => {
      await world.deploy();
      const subject = await world.subject(jdk, 'none', ['-Xmx128m']);
      await subject.do('make', 'default', 'null-managers');
      await world.attach(subject);
      await deployMany(5_000, 'partner-ca=partner');
      await world.until(subject, ({ state, loaded }) => state === 'LIVE' && loaded?.managed === 5_001);
      expect(await subject.ask('call', 'default', partner)).toMatch(/^ok/);
      await subject.do('fill', 72);
      await deployMany(10_000);
      expect(await subject.ask('call', 'default', partner)).toMatch(/^fail/);
      await world.until(subject, ({ reason }) => reason?.endsWith('; removals are applied') === true);
      expect(await subject.do('churn', 1_000)).toBe('0');
      expect(subject.stderr).not.toContain('OutOfMemoryError');
    },
    LONG_MS,
  );

  test('what a set with an entry that this JDK cannot read no longer has is refused, and the rest is kept', async () => {
    const subject = await subjectWith(jdk, ['partner-ca=partner', 'other-ca=other'], 0);
    await world.lab.do('store', world.path('next.p12'), MARKER, 'other-ca=other', 'extra-ca=extra');
    const bytes = readFileSync(world.path('next.p12'));
    const date = bytes.indexOf('200101000000Z', bytes.indexOf('extra'));
    bytes.writeUInt8(0x04, date - 2); // no UTCTime
    writeFileSync(world.truststore, bytes);
    const { state } = await world.until(subject, ({ reason }) => reason?.startsWith('ENTRY_UNREADABLE') === true);
    expect(state).toBe('FAILED');
    expect(await verdicts(subject, partner)).toEqual(['fail', 'fail']);
    expect(await verdicts(subject, other)).toEqual(['ok', 'ok']);
  });
});
