import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { World } from './world.js';

const REFUSED = /^fail (?:SSLHandshake|IO)Exception: .*PKIX path building failed/;

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterAll(async () => world.close());

const ROUNDS = 100;

describe.each(findJvms())('JDK $major', (jdk) => {
  test('no session is offered right after its removal, also when the file was looked at right before', async () => {
    const fast = await World.create('/dev/shm'); // where a rename takes less time than a look is good for
    const port = await fast.serve('partner', 'TLSv1.2');
    await fast.deploy('partner-ca=partner');
    const [trusting, refusing] = [fast.path('trusting.p12'), fast.path('refusing.p12')];
    await fast.lab.do('store', trusting, 'trustcast/marker=marker', 'partner-ca=partner');
    await fast.lab.do('store', refusing, 'trustcast/marker=marker');
    const subject = await fast.subject(jdk, 'premain');
    expect(await subject.do('offers', port, fast.truststore, trusting, refusing, ROUNDS)).toBe(`${ROUNDS} 0`);
    await fast.close();
  });

  describe.each(['TLSv1.2', 'TLSv1.3'])('%s', (protocol) => {
    test('a session is resumed while its anchor stays and refused at the first handshake after its removal', async () => {
      const port = await world.serve('partner', protocol);
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'premain');
      for (const kind of ['null-managers', 'engine']) {
        await subject.do('make', kind, kind);
        expect(await subject.ask('call', kind, port)).toBe('ok full');
      }
      expect(await subject.ask('call', 'null-managers', port)).toBe('ok resumed');

      await world.deploy('partner-ca=partner', 'other-ca=other');
      expect(await subject.ask('call', 'null-managers', port)).toBe('ok resumed');

      await world.deploy('other-ca=other');
      expect(await subject.ask('call', 'null-managers', port)).toMatch(REFUSED);
      expect(await subject.ask('call', 'engine', port)).toMatch(REFUSED);

      await world.untilLive(subject, await world.deploy('partner-ca=partner'));
      expect(await subject.ask('call', 'null-managers', port)).toBe('ok full');
      expect(await subject.ask('call', 'null-managers', port)).toBe('ok resumed');
    });

    test('a session made before the agent was attached is not resumed', async () => {
      const port = await world.serve('partner', protocol);
      await world.deploy('partner-ca=partner');
      const subject = await world.subject(jdk, 'none');
      await subject.do('make', 'client', `file-pkix:${world.truststore}`);
      expect(await subject.ask('call', 'client', port)).toBe('ok full');
      expect(await subject.ask('call', 'client', port)).toBe('ok resumed');

      await world.deploy('other-ca=other');
      expect(await subject.ask('call', 'client', port)).toBe('ok resumed');
      await world.attach(subject);
      expect(await subject.ask('call', 'client', port)).toMatch(REFUSED);
    });
  });
});
