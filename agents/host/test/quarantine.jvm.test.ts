import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readKeystore } from '@trustcast/keystore';
import { MARKER_ALIAS } from '@trustcast/schema';
import { entriesOf } from './fixtures.js';
import { jdkHomes } from './java-judge.js';
import { startSpeaker } from './speaker.js';
import { useHost, useJava } from './use-host.js';

const NOBODY = 65_534;
const AS_NOBODY = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
const BAD = { alias: 'bad', der: Uint8Array.of(0x30, 3, 2, 1, 5) };
const [home = ''] = await jdkHomes();

const host = useHost();
const java = useJava(host);

/** A process of nobody's that says, as the agent of a JVM does, that it cannot load this alias. */
async function liar(alias: string): Promise<void> {
  const speaker = await startSpeaker(home, join(host.directory, 'jvms', 'liar.json'), AS_NOBODY);
  host.onStop(speaker.stop);
  const { dev, ino } = statSync(host.truststore, { bigint: true });
  const file = { path: host.truststore, device: String(dev), inode: String(ino) };
  await speaker.say({ mainClass: 'Liar', file, reason: `FILE_CORRUPT: ${alias}`, unreadable: [alias] });
}

const managed = (): string[] =>
  readKeystore(readFileSync(host.truststore))
    .entries.map(({ alias }) => alias)
    .filter((alias) => !alias.startsWith('base/'));
const isReported = (reason: string) => host.service.status((one) => one.jvms.some((jvm) => jvm.reason === reason));

test('a local user cannot force an entry out: the JDK of the base is asked, and loads it', async () => {
  const agent = await host.running({ TRUSTCAST_BASE: `jvm:${home}` });
  await host.service.deploy({ upserts: await entriesOf('good') });
  await host.service.written();
  await liar('good');
  const asked = await agent.line('a JVM cannot load entries; the JDK of the base was asked');
  expect(asked).toMatchObject({ aliases: ['good'], failing: 0 });
  await isReported('FILE_CORRUPT: good');
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
  expect(existsSync(join(host.directory, 'state', 'quarantine.json'))).toBe(false);
});

test('without a JDK to ask, the word of a user whom nobody named is reported and keeps nothing out', async () => {
  await host.running();
  await host.service.deploy({ upserts: [...(await entriesOf('good')), BAD] });
  await host.service.written();
  await liar('bad');
  await isReported('FILE_CORRUPT: bad');
  await host.service.deploy({ upserts: await entriesOf('more') });
  await host.service.written(2);
  expect(existsSync(join(host.directory, 'state', 'quarantine.json'))).toBe(false);
});

test.each([
  ['the JDK of the base cannot load it either', () => ({ TRUSTCAST_BASE: `jvm:${home}` })],
  ['a selector names its user', () => host.attaching({ TRUSTCAST_ATTACH: `uid=${NOBODY}` })],
])('an entry that a JVM of another user cannot load is kept out when %s', async (_why, settings) => {
  await host.running(settings());
  await java(home, [host.javaagent], AS_NOBODY);
  await host.service.deploy({ upserts: [...(await entriesOf('good')), BAD] });
  const { reason } = await host.service.status(({ state }) => state === 'FAILED', 30_000);
  expect(reason).toBe('QUARANTINED: bad');
  expect(managed()).toEqual(['good', MARKER_ALIAS]);
});
