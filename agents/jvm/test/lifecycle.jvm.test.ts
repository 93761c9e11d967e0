import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { release } from './release.js';
import { World } from './world.js';

const REATTACHMENTS = Number(process.env.TRUSTCAST_REATTACHMENTS ?? 50);

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner', 'TLSv1.3');
});

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a second load changes nothing, one that names another directory is refused and reported', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'premain');
    const live = await world.until(subject, ({ state }) => state === 'LIVE');
    await world.attach(subject);
    await world.attach(subject);
    expect(world.status(subject)).toEqual(live);
    await world.attach(subject, `dir=${world.directory},cut=true`);
    await world.until(subject, ({ lastError }) => lastError?.message === 'SECOND_LOAD_REFUSED: cut=true');
    await world.attach(subject, `dir=${world.path('elsewhere')}`);
    const status = await world.until(subject, ({ lastError }) => lastError?.message.includes('else') === true);
    expect(status).toMatchObject({
      state: 'LIVE',
      via: 'premain',
      lastError: { message: `SECOND_LOAD_REFUSED: ${world.path('elsewhere')}` },
    });
    expect(subject.stderr).toBe('');
  });

  test('the status file has one name for the life of the JVM and goes with it', async () => {
    // A file that is being written has another name until its rename.
    const statusFiles = () => readdirSync(join(world.directory, 'jvms')).filter((name) => name.endsWith('.json'));
    const before = statusFiles();
    const subject = await world.subject(jdk, 'premain');
    await world.untilLive(subject, await world.deploy('partner-ca=partner'));
    const names = statusFiles();
    await world.untilLive(subject, await world.deploy());
    expect(statusFiles()).toEqual(names);
    await subject.stop();
    expect(statusFiles()).toEqual(before);
  });

  test('detach gives the JVM its own behaviour back, attach takes it again, many times', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'client', 'null-managers');
    for (let round = 0; round < REATTACHMENTS; round++) {
      expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
      await world.attach(subject);
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok full/);
      await world.until(subject, ({ state, hookErrors }) => state === 'LIVE' && hookErrors === 0);
      await world.attach(subject, `dir=${world.directory},detach=true`);
      expect(world.status(subject)).toBeUndefined();
      await subject.do('make', 'client', 'null-managers');
    }
    // The thread ends a moment after detach has answered.
    while (Number(await subject.do('threads', 'trustcast')) > 0) await delay(10);
    expect(subject.stderr).toBe('');
  });

  test('a newer release takes over in the running JVM, an older one does not, also at the same path', async () => {
    const jar = release(world, '7.0.0', world.path(`agent-${jdk.major}.jar`));
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'client', 'null-managers');
    await world.attach(subject, `dir=${world.directory}`, jar);
    const first = await world.until(subject, ({ state }) => state === 'LIVE');
    expect(first.agentVersion).toBe('7.0.0');
    expect(await subject.ask('call', 'client', port)).toBe('ok full');

    release(world, '7.0.1', jar);
    await world.attach(subject, `dir=${world.directory}`, jar);
    const second = await world.until(
      subject,
      ({ agentVersion, state }) => agentVersion === '7.0.1' && state === 'LIVE',
    );
    expect(second.sequence).toBeGreaterThan(first.sequence);
    expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);

    await world.attach(subject);
    expect(world.status(subject)?.agentVersion).toBe('7.0.1');
    await world.untilLive(subject, await world.deploy());
    expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
    expect(Number(await subject.do('threads', 'trustcast'))).toBe(1);
    expect(subject.stderr).toBe('');
  });

  test.each(['dir=/nowhere/else', 'no-such-option=1'])(
    'a newer release that comes with "%s" goes on with the directory of the first load, and says so',
    async (options) => {
      const jar = release(world, '7.0.0', world.path(`agent-${jdk.major}.jar`));
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none');
      await subject.do('make', 'client', 'null-managers');
      await world.attach(subject, `dir=${world.directory}`, jar);
      await world.until(subject, ({ state }) => state === 'LIVE');
      release(world, '7.0.1', jar);
      await world.attach(subject, options, jar);
      const status = await world.until(
        subject,
        ({ agentVersion, state }) => agentVersion === '7.0.1' && state === 'LIVE',
      );
      expect(status.lastError?.message).toMatch(/^(SECOND_LOAD_REFUSED|BAD_OPTIONS): /);
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
      await world.untilLive(subject, await world.deploy());
      expect(await subject.ask('call', 'client', port)).toMatch(/^fail/);
    },
  );

  test('a JVM ends although its application holds what the agent waits for', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', 'locking-wrapper');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LOADED');
    expect(await subject.ask('exit-with-lock')).toBe('ended with 0: ');
  });

  test('neither a refused load nor a detach waits for an application that holds what the agent waits for', async () => {
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'none');
    await subject.do('default-manager', 'locking-wrapper');
    await world.attach(subject);
    await world.until(subject, ({ state }) => state === 'LOADED');
    await subject.do('hold-lock');
    await world.attach(subject, `dir=${world.path('elsewhere')}`);
    await world.attach(subject, 'detach=true');
    expect(world.status(subject)).toBeUndefined();
  });
});
