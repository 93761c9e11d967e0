import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { classes, testClasses } from './java-process.js';
import { World } from './world.js';

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('with the clock set back, sessions of before count as older than a removal', () => {
    const program = ['-cp', `${testClasses}:${classes}`, 'io.trustcast.jvm.impl.session.ClockSetBack'];
    expect(execFileSync(jdk.java, program, { encoding: 'utf8' })).toBe('1000 5000 5000\n');
  });

  test.each(['TLSv1.2', 'TLSv1.3'])(
    'a %s server refuses a client after its removal, resumed sessions included, and resumes sessions without a peer certificate',
    async (protocol) => {
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none');
      const port = await subject.do('serve', world.truststore, protocol);
      const anyone = await subject.do('serve', world.truststore, protocol, 'anyone');
      const client = `${jdk.major}-${protocol}`;
      await world.lab.do('client', client, 'partner');
      expect(await world.lab.ask('call', client, port)).toBe('ok full');
      expect(await world.lab.ask('call', client, port)).toBe('ok resumed');
      expect(await world.lab.ask('call', client, anyone)).toBe('ok full');
      await world.attach(subject);
      await world.untilLive(subject, await world.deploy('partner-ca=partner', 'other-ca=other'));
      expect(await world.lab.ask('call', client, port)).toBe('ok full');
      expect(await world.lab.ask('call', client, port)).toBe('ok resumed');
      await world.deploy('other-ca=other');
      expect(await world.lab.ask('call', client, port)).toMatch(/^fail /);
      expect(await world.lab.ask('call', client, anyone)).toBe('ok resumed');
      await world.lab.do('client', client, 'other');
      expect(await world.lab.ask('call', client, port)).toBe('ok full');
    },
  );

  test.each(['url-connection', 'file-http-client'])(
    'the cut hook closes a pooled connection of %s, and only when asked for',
    async (kind) => {
      const port = await world.serve('partner');
      for (const cut of [false, true]) {
        await world.deploy('partner-ca=partner');
        const options = `dir=${world.directory}${cut ? ',cut=true' : ''}`;
        const subject = await world.subject(jdk, 'none');
        await world.attach(subject, options);
        await subject.do('make', 'pooled', `${kind}:${world.truststore}`);
        await world.until(subject, (status) => status.state === 'LIVE');
        expect(await subject.ask('call', 'pooled', port, '/keep')).toBe('ok');
        await world.deploy('other-ca=other');
        expect(await subject.ask('call', 'pooled', port, '/keep')).toMatch(cut ? /^fail / : /^ok/);
        expect(world.status(subject)?.patched).toHaveLength(cut ? 11 : 9);
        expect(world.status(subject)?.hookErrors).toBe(0);
      }
    },
  );
});
