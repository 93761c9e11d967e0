import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJdks, type Jdk } from './jdks.js';
import type { JavaProcess } from './java-process.js';
import { World } from './world.js';

const OK = /^ok/;
const REFUSED = /^fail SSLHandshakeException: .*(PKIX path|No trusted certificate)/;
const DEFAULT_KINDS = ['url-connection', 'http-client', 'default-factory', 'engine', 'null-keystore', 'null-managers'];
const FILE_KINDS = ['file-pkix', 'file-sunx509', 'file-certpath', 'file-http-client', 'wrapper'];

let world: World;
const ports: Record<string, number> = {};

/** `own` is the application's own truststore: it holds one CA, and neither our marker nor any public CA. */
beforeAll(async () => {
  world = await World.create();
  for (const name of ['public', 'own']) await world.lab.do('self', name, 'ca');
  for (const name of ['public', 'own']) await world.lab.do('issue', `${name}-server`, name);
  ports.partner = await world.serve('partner');
  for (const name of ['public', 'own']) ports[name] = await world.serve(`${name}-server`);
  await world.lab.do('store', world.path('own.p12'), 'own-ca=own');
});

afterAll(async () => world.close());

class Application {
  readonly names: string[] = [];

  constructor(readonly subject: JavaProcess) {}

  async make(moment: string): Promise<void> {
    const files = FILE_KINDS.map((kind) => `${kind}:${world.truststore}`);
    const pinned = [`file-pkix:${world.path('own.p12')}`, `file-certpath:${world.path('own.p12')}`];
    for (const [group, kinds] of Object.entries({ default: DEFAULT_KINDS, file: files, pinned })) {
      for (const kind of kinds) {
        const name = `${group}/${moment}/${kind.split(':')[0] ?? ''}`;
        await this.subject.do('make', name, kind);
        this.names.push(name);
      }
    }
  }

  /** Calls a server with every client and compares by group. */
  async expectAll(server: string, verdicts: { default: RegExp; file: RegExp; pinned: RegExp }): Promise<void> {
    const answers: Record<string, string> = {};
    const wanted: Record<string, unknown> = {};
    for (const name of this.names) {
      answers[name] = await this.subject.ask('call', name, ports[server] ?? 0);
      wanted[name] = expect.stringMatching(verdicts[name.split('/')[0] as keyof typeof verdicts]);
    }
    expect({ server, ...answers }).toEqual({ server, ...wanted });
  }
}

async function application(jdk: Jdk, via: 'premain' | 'agentmain', jvmOptions: string[], inMain: string[]) {
  const subject = await world.subject(jdk, via, jvmOptions, inMain);
  const application = new Application(subject);
  await application.make('before');
  if (via === 'agentmain') await world.attach(subject);
  await application.make('after');
  return application;
}

describe.each(findJdks())('JDK $major', (jdk) => {
  const property = (file: string) => `javax.net.ssl.trustStore=${world.path(file)}`;
  const base = 'base/public-ca=public';

  test('attached to a JVM with the JDK cacerts: managed entries reach its default and file clients only', async () => {
    await world.deploy(base);
    const app = await application(jdk, 'agentmain', [], []);
    await app.expectAll('partner', { default: REFUSED, file: REFUSED, pinned: REFUSED });
    await world.untilLive(app.subject, await world.deploy(base, 'partner-ca=partner'));
    await app.expectAll('partner', { default: OK, file: OK, pinned: REFUSED });
    await app.expectAll('public', { default: REFUSED, file: OK, pinned: REFUSED });
    await app.expectAll('own', { default: REFUSED, file: REFUSED, pinned: OK });
    await world.deploy(base);
    await app.expectAll('partner', { default: REFUSED, file: REFUSED, pinned: REFUSED });
  });

  test('attached to a JVM whose truststore property names our file: its defaults get the whole file', async () => {
    await world.deploy(base);
    const app = await application(jdk, 'agentmain', [`-D${property('truststore.p12')}`], []);
    await world.untilLive(app.subject, await world.deploy(base, 'partner-ca=partner', 'again=public'));
    expect(world.status(app.subject)?.alsoInBase).toEqual(['again']);
    await app.expectAll('partner', { default: OK, file: OK, pinned: REFUSED });
    await app.expectAll('public', { default: OK, file: OK, pinned: REFUSED });
    await world.untilLive(app.subject, await world.deploy('other-ca=other'));
    await app.expectAll('partner', { default: REFUSED, file: REFUSED, pinned: REFUSED });
    await app.expectAll('public', { default: REFUSED, file: REFUSED, pinned: REFUSED });
  });

  test.each([
    ['on the command line, attached', 'agentmain', true],
    ['in main(), with the agent from the start', 'premain', false],
  ] as const)(
    'truststore property that names the own file %s: base CAs never reach it, a context pinned to the same set stays',
    async (_when, via, onCommandLine) => {
      await world.deploy(base);
      const setting = property('own.p12');
      const app = await application(jdk, via, onCommandLine ? [`-D${setting}`] : [], onCommandLine ? [] : [setting]);
      await world.untilLive(app.subject, await world.deploy(base, 'partner-ca=partner'));
      await app.expectAll('partner', { default: OK, file: OK, pinned: REFUSED });
      await app.expectAll('public', { default: REFUSED, file: OK, pinned: REFUSED });
      await app.expectAll('own', { default: OK, file: REFUSED, pinned: OK });

      await world.untilLive(app.subject, await world.deploy(base, 'own-ca=own'));
      expect(world.status(app.subject)?.alsoInBase).toEqual(['own-ca']);
      await app.expectAll('own', { default: OK, file: OK, pinned: OK });
      await world.deploy(base);
      await app.expectAll('own', { default: OK, file: REFUSED, pinned: OK });
      await app.expectAll('partner', { default: REFUSED, file: REFUSED, pinned: REFUSED });
    },
  );
});
