import { chmodSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unpackDebianPackage } from '@trustcast/dev/backends/debian-package.mjs';
import type { JavaProcess } from './java-process.js';
import { type Jdk, findJvms } from './jdks.js';
import { World } from './world.js';

const HOUR_S = 3_600;
const DEADLINE_MS = 20_000;
const cacheDir = fileURLToPath(new URL('../../../../.trustcast/cache', import.meta.url));

let world: World;
let library: string;

beforeAll(async () => {
  world = await World.create();
  library = await findLibfaketime();
});

afterAll(async () => world.close());

/** Installed, or Debian's package unpacked into the cache. */
async function findLibfaketime(): Promise<string> {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const file = `usr/lib/${architecture}-linux-gnu/faketime/libfaketimeMT.so.1`;
  const installed = join('/', file);
  return existsSync(installed) ? installed : join(await unpackDebianPackage({ name: 'libfaketime', cacheDir }), file);
}

/** A wall clock that a running JVM follows, as far away from the machine's as the file says. */
class Clock {
  readonly #file = world.path('clock');

  set(offsetS: number): void {
    writeFileSync(`${this.#file}.new`, `${offsetS < 0 ? '' : '+'}${offsetS}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  /** The JDK with a launcher whose JVM has this clock; stat() and the monotonic clock stay as they are. */
  of(jdk: Jdk): Jdk {
    const settings = [
      `LD_PRELOAD=${library}`,
      `FAKETIME_TIMESTAMP_FILE=${this.#file}`,
      'FAKETIME_CACHE_DURATION=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
      // libfaketime's work-around for some versions of glibc ends timed waits at once, and the JVM spins (0.9.10).
      'FAKETIME_FORCE_MONOTONIC_FIX=0',
      'NO_FAKE_STAT=1',
    ];
    const java = world.path(`java-${jdk.major}`);
    writeFileSync(java, `#!/bin/sh\n${settings.join(' ')} exec ${jdk.java} "$@"\n`);
    chmodSync(java, 0o755);
    return { ...jdk, java };
  }

  /** Waits until the JVM sees the clock near this offset. */
  async seen(subject: JavaProcess, offsetS: number): Promise<void> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const seenS = (Number(await subject.do('clock')) - Date.now()) / 1_000;
      if (Math.abs(seenS - offsetS) < 10) return;
      if (Date.now() > deadline) throw new Error(`the JVM's clock is ${seenS} s away, not ${offsetS}`);
      await delay(50);
    }
  }
}

/** How often the server of this protocol has resumed a session. */
async function resumptions(protocol: string): Promise<number> {
  return Number((await world.lab.do('served', `partner-${protocol}`)).split(' ')[1]);
}

describe.each(findJvms())('JDK $major', (jdk) => {
  test.each(['TLSv1.2', 'TLSv1.3'])(
    'a %s session is not resumed after its removal in a JVM whose clock was set back by an hour in between',
    async (protocol) => {
      const port = await world.serve('partner', protocol);
      await world.deploy('partner-ca=partner');
      const clock = new Clock();
      clock.set(0);
      const subject = await world.subject(clock.of(jdk), 'premain');
      await clock.seen(subject, 0);
      await subject.do('make', 'client', 'null-managers');
      expect(await subject.ask('call', 'client', port)).toBe('ok full');

      clock.set(-HOUR_S);
      await clock.seen(subject, -HOUR_S);
      // The server tells, whose clock is right: the client takes a session of an hour later for a new one.
      const resumed = await resumptions(protocol);
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
      expect(await resumptions(protocol)).toBe(resumed + 1);
      await world.deploy('other-ca=other');
      expect(await subject.ask('call', 'client', port)).toMatch(
        /^fail (?:SSLHandshake|IO)Exception: .*PKIX path building/,
      );

      await world.deploy('partner-ca=partner');
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
      expect(await resumptions(protocol)).toBe(resumed + 1);
    },
  );
});
