import { expect, test } from '@jest/globals';
import { chownSync, cpSync, existsSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readKeystore } from '@trustcast/keystore';
import { MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import { doctor } from '../support/doctor.js';
import { entriesOf, temporaryDirectory } from '../support/fixtures.js';
import { JAR } from '../support/host.js';
import { jdkHomes } from '../support/jdk-homes.js';
import { startSpeaker } from '../support/speaker.js';
import { useHost, useJava } from '../support/use-host.js';

const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const BAD = { alias: 'bad', der: Uint8Array.of(0x30, 3, 2, 1, 5) };
const LIE = 'FILE_CORRUPT: a made-up JDK';
const SELECTED = { TRUSTCAST_ATTACH: `uid=${NOBODY}`, TRUSTCAST_JVM_AGENT_JAR: JAR };
const [home = ''] = await jdkHomes();

const host = useHost();
const java = useJava(host);

/** A process of nobody's that says, as the agent of a JVM does, that it cannot load this alias. */
async function liar(aliases: readonly string[], java = home, name = 'liar'): Promise<void> {
  const speaker = await startSpeaker(java, join(host.directory, 'jvms', `${name}.json`), AS_NOBODY);
  host.onStop(speaker.stop);
  const { dev, ino } = statSync(host.truststore, { bigint: true });
  const file = { path: host.truststore, device: String(dev), inode: String(ino) };
  await speaker.say({ mainClass: 'Liar', file, reason: LIE, unreadable: aliases });
}

const written = (): string[] => readKeystore(readFileSync(host.truststore)).entries.map(({ alias }) => alias);
const managed = (): string[] => written().filter((alias) => !alias.startsWith('base/'));
const ASKED = 'a JVM cannot load entries; checked them with a JDK';
const isReported = (reason: string) => host.service.status((one) => one.jvms.some((jvm) => jvm.reason === reason));

test('a local user cannot force an entry out: the JDK of the base is asked, and loads it', async () => {
  const agent = await host.running({ TRUSTCAST_BASE: `jvm:${home}` });
  await host.service.deploy({ upserts: await entriesOf('good') });
  await host.service.written();
  await liar(['good']);
  const asked = await agent.line(ASKED);
  expect(asked).toMatchObject({ aliases: ['good'], failing: 0 });
  await isReported(LIE);
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
  expect(existsSync(join(host.directory, 'state', 'quarantine.json'))).toBe(false);
});

test('a made-up JDK in the status of a selected user keeps nothing out: not the base, not the marker, not what is managed', async () => {
  const agent = await host.running({ ...SELECTED, TRUSTCAST_BASE: `jvm:${home}` });
  await host.service.deploy({ upserts: await entriesOf('good') });
  await host.service.written();
  const all = written();
  await liar(all);
  expect(await agent.line(ASKED)).toMatchObject({ failing: 0 });
  await host.service.deploy({ upserts: await entriesOf('more') });
  await host.service.written(2);
  expect(written().sort()).toEqual([...all, 'more'].sort());
});

test('where the base has no JDK, the one that the process runs is asked, whatever its status calls it', async () => {
  const agent = await host.running(SELECTED);
  await host.service.deploy({ upserts: await entriesOf('good') });
  await host.service.written();
  await liar(['good', MARKER_ALIAS]);
  expect(await agent.line(ASKED)).toMatchObject({ aliases: ['good'], jdk: realpathSync(home), failing: 0 });
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
});

test('a JDK that its user made is neither run nor believed', async () => {
  const made = temporaryDirectory();
  host.onStop(() => {
    made.remove();
    return Promise.resolve();
  });
  const [copy, ran] = [join(made.path, 'jdk'), join(made.path, 'ran')];
  cpSync(realpathSync(home), copy, { recursive: true });
  writeFileSync(join(copy, 'bin/keytool'), `#!/bin/sh\n: >${ran}\nexit 1\n`, { mode: 0o755 });
  for (const path of [made.path, copy]) chownSync(path, NOBODY, NOBODY);
  const agent = await host.running(SELECTED);
  await host.service.deploy({ upserts: await entriesOf('good') });
  await host.service.written();
  await liar(['good'], copy, 'other');
  await liar(['good']);
  // Both were found, and one was asked.
  expect(await agent.line(ASKED)).toMatchObject({ jdk: realpathSync(home), failing: 0 });
  await host.service.deploy({ upserts: await entriesOf('more') });
  await host.service.written(2);
  expect(managed()).toEqual(['good', 'more', MARKER_ALIAS]);
  expect(existsSync(ran)).toBe(false);
});

test('without a JDK to ask, the word of a user whom nobody named is reported and keeps nothing out', async () => {
  await host.running();
  await host.service.deploy({ upserts: [...(await entriesOf('good')), BAD] });
  await host.service.written();
  await liar(['bad']);
  await isReported(LIE);
  await host.service.deploy({ upserts: await entriesOf('more') });
  await host.service.written(2);
  expect(existsSync(join(host.directory, 'state', 'quarantine.json'))).toBe(false);
});

test.each([
  ['the JDK of the base cannot load it either', () => ({ TRUSTCAST_BASE: `jvm:${home}` })],
  ['a selector names its user', () => SELECTED],
])('an entry that a JVM of another user cannot load is kept out when %s', async (_why, settings) => {
  await host.running(settings());
  await java(home, [host.javaagent], AS_NOBODY);
  await host.service.deploy({ upserts: [...(await entriesOf('good')), BAD] });
  const { reason, quarantine } = await host.service.status(({ state }) => state === 'FAILED', 30_000);
  expect(reason).toBe('QUARANTINED: bad');
  expect(quarantine).toEqual({
    entries: [{ alias: 'bad', fingerprint: fingerprintOf(BAD.der), jdk: realpathSync(home) }],
    total: 1,
  });
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
});

test('an entry that was lifted by hand comes back, is not kept out again on the same evidence, and doctor names the command', async () => {
  const agent = await host.running(SELECTED);
  await host.service.deploy({ upserts: [...(await entriesOf('good')), BAD] });
  await host.service.written();
  await liar(['bad', 'good']);
  await host.service.status(({ reason }) => reason === 'QUARANTINED: bad', 30_000);
  expect((await doctor(host)).of('quarantine')).toEqual([
    `problem: 1 left out of the truststore: bad (${realpathSync(home)} cannot load it); replace the certificate, or restore it with trustcast-agent lift-quarantine ALIAS`,
  ]);
  expect((await host.cli(['lift-quarantine'])).out).toContain('bad  ');
  expect(await host.cli(['lift-quarantine', 'bad', 'good'])).toMatchObject({ code: 1 });
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
  expect(await host.cli(['lift-quarantine', 'BAD'])).toMatchObject({ code: 0 });
  await host.service.status(({ state }) => state === 'WRITTEN', 30_000);
  expect(managed().sort()).toEqual(['bad', 'good', MARKER_ALIAS]);

  await agent.stop();
  const again = await host.running(SELECTED);
  await liar(['bad']);
  expect(await again.line(ASKED)).toMatchObject({ aliases: ['bad'], failing: 1 });
  await host.service.deploy({ upserts: await entriesOf('more') });
  await host.service.written(2);
  expect(managed().sort()).toEqual(['bad', 'good', 'more', MARKER_ALIAS]);
  expect((await doctor(host)).of('quarantine')).toEqual([]);
});

test('what an older agent kept out on a word alone comes back, and --all lifts what a JDK could not load', async () => {
  const agent = await host.running();
  const entries = await entriesOf('good', 'other');
  await host.service.deploy({ upserts: entries });
  await host.service.written();
  const [good, other] = entries.map(({ alias, der }) => ({
    alias,
    fingerprint: fingerprintOf(der),
  }));
  await agent.stop();
  const file = join(host.directory, 'state', 'quarantine.json');
  writeFileSync(
    file,
    JSON.stringify([
      { ...good, jdkVersion: 'nobody 99' },
      { ...other, jdk: '/opt/some' },
    ]),
    { mode: 0o600 },
  );
  await host.running();
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
  expect(await host.cli(['lift-quarantine', '--all'])).toMatchObject({ code: 0 });
  await host.service.status(({ state }) => state === 'WRITTEN', 30_000);
  expect(managed().sort()).toEqual(['good', 'other', MARKER_ALIAS]);
});
