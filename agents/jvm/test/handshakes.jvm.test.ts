import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJdks } from './jdks.js';
import type { JavaProcess } from './java-process.js';
import { World } from './world.js';

const REFUSED = /^fail SSLHandshakeException: .*PKIX path building failed/;
const KINDS = [
  'url-connection',
  'http-client',
  'default-factory',
  'engine',
  'null-keystore',
  'null-managers',
  'wrapper',
];

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
});

afterAll(async () => world.close());

async function verdicts(subject: JavaProcess, names: string[]): Promise<Record<string, string>> {
  const answers: Record<string, string> = {};
  for (const name of names) answers[name] = (await subject.ask('call', name, port)).replace(/ (full|resumed)$/, '');
  return answers;
}

function all(names: string[], verdict: unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, verdict]));
}

describe.each(findJdks())('JDK $major', (jdk) => {
  test.each(['premain', 'agentmain'] as const)(
    'clients built before and after the agent came (%s) trust an added certificate and refuse a deleted one',
    async (via) => {
      await world.deploy();
      const subject = await world.subject(jdk, via);
      const before = KINDS.map((kind) => `before-${kind}`);
      for (const kind of KINDS) await subject.do('make', `before-${kind}`, kind);
      expect(await verdicts(subject, before)).toEqual(all(before, expect.stringMatching(REFUSED)));

      if (via === 'agentmain') await world.attach(subject);
      const after = KINDS.map((kind) => `after-${kind}`);
      for (const kind of KINDS) await subject.do('make', `after-${kind}`, kind);
      const both = [...before, ...after];

      const added = await world.deploy('partner-ca=partner');
      expect(await verdicts(subject, both)).toEqual(all(both, 'ok'));
      const live = await world.untilLive(subject, added);
      expect(live).toMatchObject({ via, reason: null, hookErrors: 0, loaded: { managed: 1, base: 0 }, alsoInBase: [] });

      const removed = await world.deploy();
      expect(await verdicts(subject, both)).toEqual(all(both, expect.stringMatching(REFUSED)));
      await world.untilLive(subject, removed);

      await world.deploy('partner-ca=other');
      expect(await verdicts(subject, both)).toEqual(all(both, expect.stringMatching(REFUSED)));
      await world.deploy('partner-ca=partner');
      expect(await verdicts(subject, both)).toEqual(all(both, 'ok'));
      expect(subject.stderr).toBe('');
    },
  );
});
