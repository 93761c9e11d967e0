import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readKeystore, writePkcs12 } from '@trustcast/keystore';
import { fingerprintOf } from '@trustcast/schema';
import { doctor } from '../support/doctor.js';
import { entriesOf, entryOf } from '../support/fixtures.js';
import { JAR } from '../support/host.js';
import { useHost } from '../support/use-host.js';

const host = useHost();

describe('doctor finds a base', () => {
  const base = (): string => join(host.home, 'base.p12');
  const env = (): Record<string, string> => ({ TRUSTCAST_BASE: `file:${base()}` });

  test('of the same size with another certificate under the same alias', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
    const other = await entryOf('two');
    writeFileSync(base(), writePkcs12([one!, other]));
    const short = ({ der }: typeof other): string => fingerprintOf(der).slice(0, 16);
    expect((await doctor(host, env())).of('base')).toEqual([
      `problem: ${base()}, 2 CAs, is not what the truststore was written with: ` +
        `that lacks 1 (two ${short(other)}) and has 1 (two ${short(two!)}) more`,
    ]);
  });

  test('of another size, and names the first', async () => {
    const all = await entriesOf('a', 'b', 'c', 'd', 'e');
    writeFileSync(base(), writePkcs12(all.slice(0, 1)));
    await (await host.running(env())).stop();
    writeFileSync(base(), writePkcs12(all));
    expect((await doctor(host, env())).of('base')).toEqual([
      expect.stringMatching(/^problem: .*: that lacks 4 \(b \w{16}, c \w{16}, d \w{16}, …\)$/),
    ]);
    expect((await doctor(host)).of('base')).toEqual([
      expect.stringMatching(/^problem: none, is not what .*: that has 1 \(a \w{16}\) more$/),
    ]);
  });

  test('with other aliases and the same certificates to be the same', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    writeFileSync(base(), writePkcs12([{ ...two!, alias: 'zwei' }, one!]));
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
  });

  test('of which one entry is kept out to be the same', async () => {
    const [one, two] = await entriesOf('one', 'two');
    writeFileSync(base(), writePkcs12([one!, two!]));
    await (await host.running(env())).stop();
    const quarantine = [{ alias: 'base/two', fingerprint: fingerprintOf(two!.der), jdk: '/opt/jdk-17' }];
    writeFileSync(join(host.directory, 'state/quarantine.json'), JSON.stringify(quarantine));
    await (await host.running(env())).stop();
    expect(readKeystore(readFileSync(host.truststore)).entries.map(({ alias }) => alias)).not.toContain('base/two');
    expect((await doctor(host, env())).of('base')).toEqual([`ok: ${base()}, 2 CAs`]);
  });

  test('that cannot be compared, for the truststore does not open', async () => {
    writeFileSync(base(), writePkcs12(await entriesOf('one')));
    await (await host.running(env())).stop();
    writeFileSync(host.truststore, 'a file of somebody else');
    expect((await doctor(host, env())).of('base')).toEqual([
      `notice: ${base()}, 1 CAs, cannot be compared with the truststore`,
    ]);
  });
});

describe('doctor finds a kernel that', () => {
  const inNamespace = (script: string): string[] => ['unshare', '-rm', 'sh', '-ec', `${script}; exec "$0" "$@"`];

  test.each([
    ['instances', 'EMFILE: raise fs.inotify.max_user_instances; files are polled until then'],
    ['watches', 'ENOSPC: raise fs.inotify.max_user_watches; files are polled until then'],
  ])('has no inotify %s left', async (limit, detail) => {
    await (await host.running()).stop();
    expect((await doctor(host)).of('inotify')).toEqual(['ok: works']);
    const lowered = await doctor(host, {}, inNamespace(`echo 0 >/proc/sys/user/max_inotify_${limit}`));
    expect(lowered.of('inotify')).toEqual([`problem: ${detail}`]);
  });

  test('cannot replace the truststore, for the file itself is mounted', async () => {
    await (await host.running()).stop();
    const [copy, jvms] = [join(host.home, 'other file.p12'), join(host.directory, 'jvms')];
    copyFileSync(host.truststore, copy);
    expect((await doctor(host, {}, inNamespace(`mount --bind ${jvms} ${jvms}`))).of('mount')).toEqual([]);
    const mounted = await doctor(host, {}, inNamespace(`mount --bind '${copy}' ${host.truststore}`));
    expect(mounted.of('mount')).toEqual([
      'problem: the file itself is a mount point and cannot be replaced; mount its directory',
    ]);
    expect(mounted.code).toBe(1);
  });

  test('has the file mounted where a blank is in the path', async () => {
    await (await host.running()).stop();
    const directory = join(host.home, 'a directory');
    renameSync(host.directory, directory);
    const file = join(directory, 'truststore.p12');
    const mounted = await doctor(
      host,
      { TRUSTCAST_DIRECTORY: directory },
      inNamespace(`mount --bind '${file}' '${file}'`),
    );
    expect(mounted.of('mount')).toHaveLength(1);
  });
});

describe('doctor compares clocks', () => {
  /** What is said of the clock by an agent whose service is ahead, or behind. */
  async function clockWith(clockMs: number): Promise<string> {
    host.service.clockMs = clockMs;
    const agent = host.agent();
    await agent.line('ready');
    for (const until = Date.now() + 15_000; Date.now() < until;) {
      const [said = ''] = (await doctor(host)).of('clock');
      if (!said.includes('not compared') && said !== '') return said;
    }
    throw new Error(agent.output);
  }

  test.each([
    ['are within 30 s', 10_000, /^ok: -(9|10)\d{3} ms to the service$/],
    ['differ by more', 60_000, /^notice: -(59|60)\d{3} ms to the service$/],
    ['differ by more the other way', -60_000, /^notice: 6\d{4} ms to the service$/],
    ['differ so much that nothing is accepted', -400_000, /^problem: 40\d{4} ms to the service: nothing is accepted$/],
  ])('that %s', async (_name, clockMs, said) => {
    expect(await clockWith(clockMs)).toMatch(said);
  });
});

test('doctor that is given the settings of the agent asks the service, and names a clock that is wrong', async () => {
  await (await host.running()).stop();
  expect((await doctor(host, host.env())).of('service')).toEqual([
    `ok: ${host.service.url} answers for ${host.service.environment}, signed with ${host.service.key.kid}`,
  ]);
  host.service.clockMs = -400_000;
  const { code, of } = await doctor(host, host.env());
  expect(of('clock')).toContainEqual(expect.stringMatching(/^problem: CLOCK_SKEW: 4\d{5} ms .*; set the clock/));
  expect(code).toBe(1);
});

test('doctor finds a directory of another environment, also without the settings of the service', async () => {
  await (await host.running()).stop();
  const { code, of } = await doctor(host, { TRUSTCAST_ENVIRONMENT: 'other' });
  expect(of('environment')).toEqual([
    `problem: ENVIRONMENT_MISMATCH: ${host.directory} is of the environment ${host.service.environment}, and TRUSTCAST_ENVIRONMENT is other: correct one of them`,
  ]);
  expect(code).toBe(1);
});

test('doctor finds that the folder of the status files is gone', async () => {
  await (await host.running()).stop();
  rmSync(join(host.directory, 'jvms'), { recursive: true, maxRetries: 10 });
  expect((await doctor(host)).of('directory')).toEqual([
    `problem: ${join(host.directory, 'jvms')} is missing; "trustcast-agent run" makes it`,
  ]);
});

test.each([
  ['state', 'is a link', (path: string, moved: string) => symlinkSync(moved, path)],
  ['jvms', 'is a file', (path: string) => writeFileSync(path, '')],
])('doctor, status and jvms find that %s/ %s', async (name, _what, spoil) => {
  await (await host.running()).stop();
  const path = join(host.directory, name);
  renameSync(path, `${path}.moved`);
  spoil(path, `${path}.moved`);
  const said = `DIRECTORY_UNSAFE: ${path} must be a directory of the user that runs the agent, and no link`;
  expect((await doctor(host)).of('directory')).toEqual([`problem: ${said}`]);
  for (const command of ['status', 'jvms'])
    expect(await host.cli([command])).toEqual({ code: 78, out: '', err: `trustcast-agent: ${said}\n` });
});

describe('doctor finds a directory', () => {
  test.each([
    [
      'that everyone may write, before and after the agent has run',
      (path: string) => chmodSync(path, 0o777),
      'DIRECTORY_UNSAFE',
    ],
    [
      'that is a file',
      (path: string) => {
        rmSync(path, { recursive: true, maxRetries: 10 });
        writeFileSync(path, '');
      },
      'DIRECTORY_UNUSABLE',
    ],
    [
      'that is not there',
      (path: string) => rmSync(path, { recursive: true, maxRetries: 10 }),
      'is missing; "trustcast-agent run" makes it',
    ],
  ])('%s', async (_what, spoil, said) => {
    mkdirSync(host.directory);
    spoil(host.directory);
    expect((await doctor(host)).of('directory')).toEqual([expect.stringContaining(said)]);
  });
});

test.each([
  ['a certificate', 'a.pem', '-----BEGIN CERTIFICATE-----', 'JAR_IS_ANOTHER'],
  ['a zip file cut off', 'cut.jar', 'PK\u0005\u0006', 'JAR_IS_ANOTHER'],
  ['nothing', 'empty.jar', '', 'JAR_IS_ANOTHER'],
  ['missing', 'missing.jar', null, 'JAR_MISSING'],
])('a jar that is %s is named by doctor and by run', async (_what, name, content, code) => {
  const jar = join(host.home, name);
  if (content !== null) writeFileSync(jar, content);
  const env = { TRUSTCAST_JVM_AGENT_JAR: jar };
  const agent = await host.running(env);
  const line = await agent.line('the jar of the JVM agent cannot be used');
  expect(line.reason).toMatch(new RegExp(`^${code}: ${jar} .*TRUSTCAST_JVM_AGENT_JAR`));
  expect((await doctor(host, env)).of('jar')).toEqual([`problem: ${String(line.reason)}`]);
});

test('doctor takes the jar that is delivered for the jar', async () => {
  await (await host.running()).stop();
  expect((await doctor(host, { TRUSTCAST_JVM_AGENT_JAR: JAR })).of('jar')).toEqual([`ok: ${JAR}`]);
});

test.each([
  [
    'is of no JVM',
    'jvm:/nope',
    /^BASE_NOT_FOUND: \/nope has no lib\/security\/cacerts; the last good copy .*correct TRUSTCAST_BASE$/,
  ],
  ['is missing', 'file:/nope', /^BASE_UNREADABLE: .*correct TRUSTCAST_BASE$/],
  ['is a key', 'key', /^BASE_UNREADABLE: .*correct TRUSTCAST_BASE$/],
])(
  'a base that %s, where there was another before, is told in log, report, status and doctor',
  async (_what, base, told) => {
    const [good, key] = [join(host.home, 'base.p12'), join(host.home, 'key.pem')];
    writeFileSync(good, writePkcs12(await entriesOf('one')));
    writeFileSync(key, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await (await host.running({ TRUSTCAST_BASE: `file:${good}` })).stop();
    const env = { TRUSTCAST_BASE: base === 'key' ? `file:${key}` : base };
    const agent = await host.running(env);
    expect(await agent.line('the base is not as it is configured')).toMatchObject({
      level: 'error',
      reason: expect.stringMatching(told) as unknown,
    });
    const { state, base: count } = await host.service.status(({ reason }) => told.test(reason ?? ''));
    expect({ state, count }).toEqual({ state: 'WRITTEN', count: 1 });
    let out = '';
    for (let tries = 0; tries < 20 && !out.includes('BASE_'); tries += 1) out = (await host.cli(['status'], env)).out;
    expect(out).toContain('BASE_');
    const found = await doctor(host, env);
    expect(found.of('agent')).toEqual([expect.stringMatching(/^problem: pid \d+, WRITTEN: BASE_/)]);
    expect(found.of('base')).toEqual([expect.stringMatching(/^problem: BASE_.*: correct TRUSTCAST_BASE$/)]);
  },
);
