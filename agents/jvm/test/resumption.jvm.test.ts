import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { World } from './world.js';

const REFUSED = /^fail (?:SSLHandshake|IO)Exception: .*PKIX path building failed/;

let world: World;

beforeAll(async () => {
  world = await World.create();
});

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
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

      await world.deploy('partner-ca=partner');
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
