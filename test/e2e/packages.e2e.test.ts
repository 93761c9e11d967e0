import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { graphqlClient } from '@trustcast/dev/graphql-client.mjs';
import { makeArtefacts } from '@trustcast/dev/package/artefacts.mjs';
import { readNode } from '@trustcast/dev/package/node-binary.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { Progress } from '@trustcast/dev/setup/progress.mjs';
import { Authority } from '../kit/authority.js';
import { Installation } from '../kit/installation.js';
import { earlier } from '../kit/earlier-deb.js';
import { WAIT, end, ended, execute, printed, sha256, untilLive } from '../kit/programs.js';
import { ThrowAwayRoot } from '../kit/throw-away-root.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const ARCH = process.arch;
const DEB_ARCH = ARCH === 'x64' ? 'amd64' : 'arm64';
const DEBS = ['trustcast-agent', 'trustcast-service', 'trustcast'];
/** What dpkg and the tools that make users write for themselves. */
const BOOKKEEPING =
  /^\/(?:var\/(?:lib\/dpkg|log|cache)|etc\/(?:passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock))/;

const home = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-packages-')));
const [first, second] = [join(home, 'first'), join(home, 'second')];
const agent = join(first, `trustcast-agent-${VERSION}-linux-${ARCH}`);
const cli = join(first, `trustcast-${VERSION}-linux-${ARCH}`);
const directory = join(home, 'host');
const jar = join(directory, 'trustcast-jvm.jar');
const running: ChildProcess[] = [];
const roots: ThrowAwayRoot[] = [];
let installation: Installation;

beforeAll(async () => {
  [installation] = await Promise.all([Installation.start(), makePackages()]);
}, 300_000);
afterEach(async () => {
  for (const root of roots.splice(0)) await root.stop();
  for (const child of running.splice(0)) await end(child);
});
afterAll(async () => {
  await installation.stop();
  rmSync(home, { recursive: true });
}, 60_000);

const SECONDS = 1_764_806_400;

function makePackages(): Promise<unknown> {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(SECONDS) };
  const options = ['--out', first, '--only', 'jar,agent,cli,service,deb'];
  return run(process.execPath, [join(ROOT, 'dev/package.mjs'), ...options], { env });
}

/** Once more what has been built. */
async function makeAgain(): Promise<void> {
  const work = join(home, 'work');
  for (const folder of [work, second]) mkdirSync(folder);
  await makeArtefacts({
    root: ROOT,
    out: second,
    work,
    kinds: ['jar', 'agent', 'service'],
    node: readNode(process.execPath),
    date: new Date(SECONDS * 1_000),
    path: [],
    progress: new Progress({ write: () => undefined }),
  });
}

/** Starts the agent of the executable and waits until it has written the truststore. @returns its log until then */
async function startAgent(): Promise<string> {
  const child = spawn(agent, ['run'], { env: { TRUSTCAST_DIRECTORY: directory, TRUSTCAST_BASE: 'none' }, cwd: '/' });
  running.push(child);
  return printed(child, '"msg":"ready"');
}

async function enrollmentToken(): Promise<string> {
  const { made } = await installation.query<{ made: { token: string } }>(
    'mutation ($input: CreateEnrollmentTokenInput!) { made: createEnrollmentToken(input: $input) { token } }',
    { input: { environment: 'apimanager' } },
  );
  return made.token;
}

test('two runs write the same bytes, and the lists name each file with its SHA-256', async () => {
  await makeAgain();
  const list = readFileSync(join(first, 'SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('  '));
  const { files } = JSON.parse(readFileSync(join(first, 'manifest.json'), 'utf8')) as {
    files: { name: string; bytes: number; sha256: string }[];
  };
  expect(list.map(([, name]) => name)).toEqual([...files.map(({ name }) => name), 'manifest.json']);
  for (const [hash, name = ''] of list) expect([name, sha256(join(first, name))]).toEqual([name, hash]);
  for (const { name, bytes } of files) expect([name, statSync(join(first, name)).size]).toEqual([name, bytes]);
  const again = readFileSync(join(second, 'SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('  '));
  const both = again.filter(([, name]) => name !== 'manifest.json');
  expect(both.map(([, name]) => name)).toEqual(expect.arrayContaining([`trustcast-agent-${VERSION}-linux-${ARCH}`]));
  expect(list).toEqual(expect.arrayContaining(both));
});

test('the SBOM of the agent names each package in it with its SHA-512, Node.js and the jar', () => {
  const { components } = JSON.parse(readFileSync(join(first, `trustcast-agent-${VERSION}.cdx.json`), 'utf8')) as {
    components: { name: string; version: string; hashes: { alg: string; content: string }[] }[];
  };
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  for (const name of ['jose', '@nats-io/transport-node']) {
    const { version, integrity } = packages[`node_modules/${name}`]!;
    const content = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
    expect(components).toContainEqual(
      expect.objectContaining({ name, version, hashes: [{ alg: 'SHA-512', content }] }),
    );
  }
  const parts = {
    node: sha256(process.execPath),
    'trustcast-jvm.jar': sha256(join(first, `trustcast-jvm-${VERSION}.jar`)),
  };
  for (const [name, content] of Object.entries(parts))
    expect(components).toContainEqual(expect.objectContaining({ name, hashes: [{ alg: 'SHA-256', content }] }));
});

test('each executable runs with nothing beside it and nothing on PATH', () => {
  const empty = mkdtempSync(join(home, 'empty-'));
  for (const [program, name] of [
    [agent, 'trustcast-agent'],
    [cli, 'trustcast'],
    [cli, 'trustcast-keys'],
  ] as const) {
    const lone = join(mkdtempSync(join(home, 'lone-')), name);
    symlinkSync(program, lone);
    const help = spawnSync(lone, ['--help'], { encoding: 'utf8', env: { PATH: empty }, cwd: empty });
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toMatch(new RegExp(`^(usage: )?${name} `, 'i'));
  }
  for (const program of [agent, cli])
    expect(execute(program, ['--version'])).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' });
});

test('a setting that is missing, misspelt or wrong is one message of the executable that says what to do', () => {
  for (const [settings, message] of [
    [{}, 'TRUSTCAST_SERVICE_URL is required'],
    [{ TRUSTCAST_SERVIC_URL: 'https://localhost' }, 'TRUSTCAST_SERVICE_URL'],
    [{ TRUSTCAST_SERVICE_URL: 'localhost' }, 'TRUSTCAST_SERVICE_URL must'],
  ] as const) {
    const { status, stdout, stderr } = execute(agent, ['enroll'], {
      TRUSTCAST_DIRECTORY: join(home, 'none'),
      ...settings,
    });
    expect([status, stdout]).toEqual([78, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  }
});

test('a host with the executable alone enrolls, and a JVM with the jar that it has unpacked is LIVE', async () => {
  const settings = { TRUSTCAST_DIRECTORY: directory, TRUSTCAST_SERVICE_URL: installation.url };
  const enrolled = execute(agent, ['enroll', '--token', await enrollmentToken()], settings);
  expect(enrolled).toMatchObject({ status: 0, stderr: '' });
  expect(await startAgent()).not.toContain('"level":"warn"');
  expect(sha256(jar)).toBe(sha256(join(first, `trustcast-jvm-${VERSION}.jar`)));
  expect((await installation.create('Executable CA', await (await Authority.make('Executable CA')).renew())).name).toBe(
    'Executable CA',
  );
  const [jdk] = await findJdks();
  const source = join(home, 'Wait.java');
  writeFileSync(source, WAIT);
  const jvm = spawn(join(jdk!.home, 'bin/java'), [`-javaagent:${jar}=dir=${directory}`, source], { stdio: 'ignore' });
  running.push(jvm);
  await untilLive(() => execute(agent, ['jvms', '--json'], { TRUSTCAST_DIRECTORY: directory }).stdout);
});

test('a jar that somebody else has put into the directory, or has changed, is replaced before it is used', async () => {
  const right = readFileSync(jar);
  for (const spoil of [
    () => writeFileSync(jar, Buffer.concat([right, Buffer.from('x')])),
    () => chownSync(jar, 65_534, 65_534),
    () => {
      rmSync(jar);
      writeFileSync(join(home, 'elsewhere.jar'), right);
      symlinkSync(join(home, 'elsewhere.jar'), jar);
    },
  ]) {
    spoil();
    await startAgent();
    const { uid, mode } = statSync(jar);
    expect([uid, mode & 0o777, realpathSync(jar)]).toEqual([process.getuid?.(), 0o644, jar]);
    expect(readFileSync(jar).equals(right)).toBe(true);
    await end(running.pop()!);
  }
});

test('the service runs from its archive, with Node.js and nothing else of this repository', async () => {
  const folder = join(home, 'service');
  mkdirSync(folder);
  await run('tar', ['-xzf', join(first, `trustcast-service-${VERSION}.tar.gz`), '-C', folder]);
  const main = join(folder, `trustcast-service-${VERSION}/main.js`);
  expect(execute(process.execPath, [main, 'print-sdl']).stdout).toContain('type Query');
  const service = await installation.startService(0, main);
  const ask = graphqlClient({ url: String(service.ready.url), token: installation.stack.token });
  expect(await ask('{ environments { name } }')).toMatchObject({ environments: [{ name: 'apimanager' }] });
  const page = await (await fetch(`${String(service.ready.url)}/console/`)).text();
  const [script = ''] = /\/console\/assets\/[\w-]+\.js/.exec(page) ?? [];
  expect((await fetch(String(service.ready.url) + script)).status).toBe(200);
  await service.stop();
});

test('the packages install, work, upgrade, downgrade, are removed and purged, and what the operator owns stays', async () => {
  const root = await ThrowAwayRoot.make(mkdtempSync(join(home, 'root-')));
  roots.push(root);
  const dpkg = async (...words: string[]): Promise<string> => root.run(['dpkg', '--force-confold', ...words]);
  const install = async (paths: readonly string[]): Promise<void> => {
    for (const path of paths) copyFileSync(path, root.path(`/tmp/${basename(path)}`));
    await dpkg('--install', ...paths.map((path) => `/tmp/${basename(path)}`));
  };
  const now = DEBS.map((name) => join(first, `${name}_${VERSION}_${DEB_ARCH}.deb`));
  const before = await Promise.all(DEBS.map((name, index) => earlier(name, now[index]!, home)));
  await install(before);
  expect(readFileSync(root.path('/etc/trustcast/agent.env'), 'utf8')).toBe('# of 0.0.9\n');
  writeFileSync(root.path('/etc/trustcast/agent.env'), 'TRUSTCAST_BASE=none\n');
  await install(now);
  expect(await dpkg('--list', ...DEBS)).toMatch(new RegExp(`(ii .* ${VERSION} [^]*){3}`));
  expect(readFileSync(root.path('/etc/trustcast/agent.env'), 'utf8')).toBe('TRUSTCAST_BASE=none\n');
  expect(readFileSync(root.path('/etc/trustcast/service.env'), 'utf8')).toContain('TRUSTCAST_HOST');
  const enabled = '/etc/systemd/system/multi-user.target.wants/trustcast-agent.path';
  expect(lstatSync(root.path(enabled)).isSymbolicLink()).toBe(true);
  expect(await root.run(['runuser', '-u', 'trustcast', '--', 'trustcast-service', 'print-sdl'])).toContain(
    'type Query',
  );
  expect(await root.run(['trustcast-keys', '--help'])).toContain('trustcast-keys');

  const settings = { TRUSTCAST_SERVICE_URL: installation.url };
  await root.run(['trustcast-agent', 'enroll', '--token', await enrollmentToken(), '--name', 'package'], settings);
  const work = (): ChildProcess => {
    const child = spawn(...root.command(['trustcast-agent', 'run'], { TRUSTCAST_BASE: 'none' }));
    running.push(child);
    return child;
  };
  await printed(work(), '"msg":"ready"');
  const endInside = async (): Promise<void> => {
    await root.endAll();
    await Promise.all(running.splice(0).map(ended));
  };
  const held = '/var/lib/trustcast/apimanager';
  const [jdk] = await findJdks();
  writeFileSync(root.path('/tmp/Wait.java'), WAIT);
  const tomcat = '/etc/systemd/system/tomcat.service';
  writeFileSync(root.path(tomcat), '[Service]\nExecStart=/bin/sleep 1\n');
  const connect = ['trustcast-agent', 'install-jvm', '--unit', 'tomcat', '--write'];
  expect(await root.run(connect)).toContain('systemctl daemon-reload && systemctl restart tomcat.service');
  expect(await root.run(connect)).toContain('is there already');
  const dropIn = readFileSync(root.path(`${tomcat}.d/50-trustcast.conf`), 'utf8');
  const [, file = ''] = /^EnvironmentFile=-(.+)$/m.exec(dropIn) ?? [];
  const [, options = ''] = /^JAVA_TOOL_OPTIONS="(.+)"$/m.exec(readFileSync(root.path(file), 'utf8')) ?? [];
  const java = root.command([`${jdk!.home}/bin/java`, '/tmp/Wait.java'], { JAVA_TOOL_OPTIONS: options });
  running.push(spawn(...java, { stdio: 'ignore' }));
  await untilLive(
    () => execute(...root.command(['trustcast-agent', 'jvms', '--json']), { PATH: '/usr/sbin:/usr/bin' }).stdout,
  );
  await endInside();

  await install(before);
  expect(await dpkg('--list', ...DEBS)).toMatch(/(ii .* 0\.0\.9 [^]*){3}/);
  await printed(work(), '"msg":"ready"');
  await endInside();

  rmSync(root.path(tomcat));
  const owned = ['/etc/trustcast/credentials/nats-password', '/var/lib/trustcast-service/signing-key.pem'];
  mkdirSync(root.path('/var/lib/trustcast-service'));
  for (const path of owned) writeFileSync(root.path(path), 'of the operator');
  await dpkg('--remove', ...DEBS);
  expect(root.changed()).toEqual(
    expect.arrayContaining([...owned, `${held}/truststore.p12`, '/etc/trustcast/agent.env']),
  );
  expect(root.changed().filter((path) => path.startsWith('/usr/'))).toEqual([]);
  await dpkg('--purge', ...DEBS);
  expect(root.changed().filter((path) => !BOOKKEEPING.test(path))).toEqual(owned);
}, 240_000);
