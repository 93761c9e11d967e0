import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { World } from './world.js';

interface MarkerVector {
  readonly certificate: string;
  readonly earlier: string;
}
const vectors = JSON.parse(readFileSync(new URL('../../../../schema/vectors/v1.json', import.meta.url), 'utf8')) as {
  readonly marker: readonly [MarkerVector, MarkerVector];
};

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
  const [{ certificate, earlier }, foreign] = vectors.marker;
  await world.lab.do('read', 'today', certificate);
  await world.lab.do('read', 'earlier', earlier);
  await world.lab.do('read', 'foreign-today', foreign.certificate);
  await world.lab.do('read', 'foreign-earlier', foreign.earlier);
});
afterEach(async () => world.stopSubjects());
afterAll(async () => world.close());

/** Replaces the truststore; answers its SHA-256. */
async function store(marker: string, ...entries: string[]): Promise<string> {
  const answer = await world.lab.do('store', world.truststore, `trustcast/marker=${marker}`, ...entries);
  return answer.split(' ')[0] ?? '';
}

describe.each(findJvms())('JDK $major', (jdk) => {
  const releases = [
    ['today', 'earlier'],
    ['earlier', 'today'],
  ] as const;

  test.each(releases)('a running JVM follows a file whose marker of %s became one of %s', async (before, after) => {
    const first = await store(before, 'partner-ca=partner');
    const subject = await world.subject(jdk, 'premain');
    await subject.do('make', 'client', `file-pkix:${world.truststore}`);
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    await world.untilLive(subject, first);
    await world.untilLive(subject, await store(after, 'other-ca=other'));
    expect(await subject.ask('call', 'client', port)).not.toMatch(/^ok/);
    const { instances } = await world.untilLive(subject, await store(after, 'partner-ca=partner'));
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
    expect(instances).toMatchObject({ file: 1, other: 0 });
  });

  test.each(releases)(
    'a trust manager of a file with the marker of %s is known when the agent comes after one of %s',
    async (before, after) => {
      await store(before, 'partner-ca=partner');
      const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${world.truststore}`]);
      await subject.do('make', 'client', `file-pkix:${world.truststore}`);
      const sha256 = await store(after, 'other-ca=other');
      await world.attach(subject);
      await world.untilLive(subject, sha256);
      expect(await subject.ask('call', 'client', port)).not.toMatch(/^ok/);
      expect((await world.untilLive(subject, sha256)).instances).toMatchObject({ file: 1, other: 0 });
    },
  );

  test.each(['foreign-today', 'foreign-earlier', 'other'])(
    'the marker %s of another environment is refused, in whichever derivation',
    async (foreign) => {
      const subject = await live('today');
      await store(foreign, 'partner-ca=partner');
      expect((await world.until(subject, ({ state }) => state === 'FAILED')).reason).toMatch(/^MARKER_FOREIGN: /);
    },
  );

  async function live(marker: string) {
    const sha256 = await store(marker, 'partner-ca=partner');
    const subject = await world.subject(jdk, 'premain');
    await world.untilLive(subject, sha256);
    return subject;
  }
});
