import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms, type Jdk } from './jdks.js';
import type { JavaProcess } from './java-process.js';
import { World } from './world.js';

const VERDICTS = { ok: /^ok/, refused: /^fail (?:SSLHandshake|IO)Exception: .*(PKIX path|No trusted certificate)/ };
const DEFAULT_KINDS = [
  'url-connection',
  'http-client',
  'default-factory',
  'engine',
  'null-keystore',
  'null-managers',
  'wrapper',
];
const FILE_KINDS = ['file-pkix', 'file-sunx509', 'file-certpath', 'file-http-client', 'wrapper'];
const PINNED_KINDS = ['file-pkix', 'file-sunx509', 'file-certpath', 'own-pkix'];

let world: World;
const ports: Record<string, number> = {};

/** `own` is the application's own truststore: it holds one CA, and neither our marker nor any public CA. */
beforeAll(async () => {
  world = await World.create();
  for (const name of ['public', 'own']) await world.lab.do('self', name, 'ca');
  for (const name of ['public', 'own']) await world.lab.do('issue', `${name}-server`, name);
  for (const name of ['partner', 'other']) ports[name] = await world.serve(name);
  for (const name of ['public', 'own']) ports[name] = await world.serve(`${name}-server`);
  await world.lab.do('store', world.path('own.p12'), 'own-ca=own');
});

afterAll(async () => world.close());

type Group = 'default' | 'file' | 'pinned';

/** An application's clients, in groups by what the agent is to do with them. */
class Application {
  private readonly names: string[] = [];

  constructor(readonly subject: JavaProcess) {}

  async make(moment: string): Promise<void> {
    const kinds: Record<Group, string[]> = {
      default: DEFAULT_KINDS,
      file: FILE_KINDS.map((kind) => `${kind}:${world.truststore}`),
      pinned: PINNED_KINDS.map((kind) => `${kind}:${world.path('own.p12')}`),
    };
    for (const group of Object.keys(kinds) as Group[])
      for (const kind of kinds[group]) {
        const name = `${group}/${moment}/${kind.split(':')[0] ?? ''}`;
        await this.subject.do('make', name, kind);
        this.names.push(name);
      }
  }

  /** Calls a server with every client; `trusting` names the groups that are to be let in. */
  async expectTrust(server: string, ...trusting: Group[]): Promise<void> {
    const answers: Record<string, string> = {};
    const wanted: Record<string, unknown> = {};
    for (const name of this.names) {
      answers[name] = await this.subject.ask('call', name, ports[server] ?? 0);
      const verdict = trusting.includes(name.split('/')[0] as Group) ? 'ok' : 'refused';
      wanted[name] = expect.stringMatching(VERDICTS[verdict]);
    }
    expect({ server, ...answers }).toEqual({ server, ...wanted });
  }
}

async function application(jdk: Jdk, via: 'premain' | 'agentmain', jvmOptions: string[], inMain: string[]) {
  const subject = await world.subject(jdk, via, jvmOptions, inMain);
  const application = new Application(subject);
  await application.make('before');
  if (via === 'agentmain') {
    await world.attach(subject);
    await application.make('after');
  }
  return application;
}

describe.each(findJvms())('JDK $major', (jdk) => {
  const base = 'base/public-ca=public';

  /** In each: where the truststore property names `file`, and which groups trust what is in our base and in its own. */
  const settings = [
    ['no truststore property', undefined, ['file'], ['pinned']],
    ['a truststore property that names our file', 'truststore.p12', ['default', 'file'], ['pinned']],
    ['a truststore property that names another file', 'own.p12', ['file'], ['default', 'pinned']],
  ] as const;
  const ways = [
    ['attached', 'agentmain', false],
    ['with the agent from the start', 'premain', false],
    ['with the agent from the start and set in main()', 'premain', true],
  ] as const;
  const cases = settings.flatMap(([setting, file, inBase, inOwn]) =>
    ways
      .filter(([, , inMain]) => !inMain || file !== undefined)
      .map(([way, via, inMain]) => [setting, way, { file, via, inMain, inBase, inOwn }] as const),
  );

  test.each(cases)('%s, %s: every client follows as its kind', async (_setting, _way, it) => {
    await world.deploy(base);
    const property = it.file === undefined ? [] : [`javax.net.ssl.trustStore=${world.path(it.file)}`];
    const options = it.inMain ? [] : property.map((text) => `-D${text}`);
    const app = await application(jdk, it.via, options, it.inMain ? property : []);
    await app.expectTrust('public', ...it.inBase);

    await world.deploy(base, 'partner-ca=partner');
    await app.expectTrust('partner', 'default', 'file');
    await world.deploy(base, 'partner-ca=other');
    await app.expectTrust('partner');
    await app.expectTrust('other', 'default', 'file');

    const adopted = await world.deploy(base, 'own-ca=own');
    await app.expectTrust('own', 'default', 'file', 'pinned');
    const live = await world.untilLive(app.subject, adopted);
    expect(live).toMatchObject({ alsoInBase: it.file === 'own.p12' ? ['own-ca'] : [], hookErrors: 0 });

    await world.deploy(base);
    await app.expectTrust('own', ...it.inOwn);
    await app.expectTrust('other');
    await world.deploy();
    await app.expectTrust('public');
    expect(app.subject.stderr).toBe('');
  });

  test('a default context that the application has put in place follows as its own kind', async () => {
    await world.deploy(base);
    const subject = await world.subject(jdk, 'none');
    await subject.do('make', 'early', 'default-factory');
    await subject.do('default-context', world.truststore);
    await subject.do('make', 'managed', 'http-client');
    await world.attach(subject);
    await world.untilLive(subject, await world.deploy(base, 'partner-ca=partner'));
    for (const name of ['early', 'managed'])
      expect(await subject.ask('call', name, ports.partner ?? 0)).toMatch(VERDICTS.ok);
    await subject.do('default-context', world.path('own.p12'));
    await subject.do('make', 'pinned', 'http-client');
    expect(await subject.ask('call', 'pinned', ports.partner ?? 0)).toMatch(VERDICTS.refused);
    expect(await subject.ask('call', 'pinned', ports.own ?? 0)).toMatch(VERDICTS.ok);
    await world.deploy(base);
    for (const name of ['early', 'managed', 'pinned'])
      expect(await subject.ask('call', name, ports.partner ?? 0)).toMatch(VERDICTS.refused);
  });

  test('a default trust manager made before the truststore property changed keeps its own base and follows', async () => {
    await world.deploy(base);
    const subject = await world.subject(jdk, 'none', [`-Djavax.net.ssl.trustStore=${world.path('own.p12')}`]);
    await subject.do('make', 'early', 'null-keystore');
    await world.attach(subject);
    expect(await subject.ask('call', 'early', ports.own ?? 0)).toMatch(VERDICTS.ok);
    await subject.do('property', 'javax.net.ssl.trustStore', world.truststore);
    await subject.do('make', 'late', 'null-keystore');
    await world.untilLive(subject, await world.deploy(base, 'partner-ca=partner'));
    for (const [name, own, inBase] of [
      ['early', VERDICTS.ok, VERDICTS.refused],
      ['late', VERDICTS.refused, VERDICTS.ok],
    ] as const) {
      expect(await subject.ask('call', name, ports.partner ?? 0)).toMatch(VERDICTS.ok);
      expect(await subject.ask('call', name, ports.own ?? 0)).toMatch(own);
      expect(await subject.ask('call', name, ports.public ?? 0)).toMatch(inBase);
    }
    await world.deploy(base);
    for (const name of ['early', 'late'])
      expect(await subject.ask('call', name, ports.partner ?? 0)).toMatch(VERDICTS.refused);
  });
});
