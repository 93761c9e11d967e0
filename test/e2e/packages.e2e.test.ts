import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chownSync,
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
import { join } from 'node:path';
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

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const ARCH = process.arch;

const home = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-packages-')));
const [first, second] = [join(home, 'first'), join(home, 'second')];
const agent = join(first, `trustcast-agent-${VERSION}-linux-${ARCH}`);
const cli = join(first, `trustcast-${VERSION}-linux-${ARCH}`);
const directory = join(home, 'host');
const jar = join(directory, 'trustcast-jvm.jar');
const running: ChildProcess[] = [];
let installation: Installation;

beforeAll(async () => {
  [installation] = await Promise.all([Installation.start(), makePackages()]);
}, 300_000);
afterEach(async () => {
  for (const child of running.splice(0)) await end(child);
});
afterAll(async () => {
  await installation.stop();
  rmSync(home, { recursive: true });
}, 60_000);

const SECONDS = 1_764_806_400;

function makePackages(): Promise<unknown> {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(SECONDS) };
  const options = ['--out', first, '--only', 'jar,agent,cli,service'];
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
    progress: new Progress({ write: () => undefined }),
  });
}

/** A program with nothing of this machine in its environment. */
function execute(program: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, cwd: '/' });
  return { status, stdout, stderr };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

/** Starts the agent of the executable and waits until it has written the truststore. */
async function startAgent(): Promise<void> {
  const child = spawn(agent, ['run'], { env: { TRUSTCAST_DIRECTORY: directory, TRUSTCAST_BASE: 'none' }, cwd: '/' });
  running.push(child);
  await printed(child, '"msg":"ready"');
}

async function printed(child: ChildProcess, text: string): Promise<void> {
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output += String(chunk)));
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk);
    if (output.includes(text)) return void child.stdout?.resume();
  }
  throw new Error(`${text} was not printed:\n${output}`);
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
  await startAgent();
  expect(sha256(jar)).toBe(sha256(join(first, `trustcast-jvm-${VERSION}.jar`)));
  expect((await installation.create('Executable CA', await (await Authority.make('Executable CA')).renew())).name).toBe(
    'Executable CA',
  );
  const [jdk] = await findJdks();
  const source = join(home, 'Wait.java');
  writeFileSync(source, 'class Wait { public static void main(String[] a) throws Exception { System.in.read(); } }');
  const jvm = spawn(join(jdk!.home, 'bin/java'), [`-javaagent:${jar}=dir=${directory}`, source], { stdio: 'pipe' });
  running.push(jvm);
  const until = Date.now() + 60_000;
  for (let states: string[] = []; !states.includes('LIVE');) {
    if (Date.now() > until) throw new Error(`the JVM is not LIVE: ${states.join()}`);
    const { stdout } = execute(agent, ['jvms', '--json'], { TRUSTCAST_DIRECTORY: directory });
    states = (JSON.parse(stdout) as { jvms: { state: string }[] }).jvms.map(({ state }) => state);
  }
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

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
