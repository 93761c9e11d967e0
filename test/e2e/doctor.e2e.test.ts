import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Authority } from '../kit/authority.js';
import { Installation } from '../kit/installation.js';
import { TlsFront } from '../kit/tls-front.js';

type Env = Readonly<Record<string, string>>;
const script = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}/dist/bundle/main.js`, import.meta.url));
const [AGENT, CLI] = [script('agents/host'), script('clients/cli')];

const home = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-doctor-')));
const caFile = join(home, 'ca.pem');
const running: ChildProcess[] = [];
let installation: Installation;
let front: TlsFront;
let right: Env;
let revoked = '';
let closedPort = 0;

beforeAll(async () => {
  installation = await Installation.start();
  const authority = await Authority.make('Front CA');
  writeFileSync(caFile, await authority.renew());
  front = await TlsFront.start(installation.url, authority);
  const other = await TlsFront.start(installation.url, authority);
  closedPort = other.port;
  await other.stop();
  const gone = await enroll('gone');
  await installation.query(
    'mutation ($input: DeleteAgentInput!) { deleteAgent(input: $input) { userErrors { code } } }',
    {
      input: { id: gone.agent.id },
    },
  );
  revoked = gone.token;
  const { token, pins } = await enroll('host');
  right = {
    PATH: process.env.PATH ?? '',
    TRUSTCAST_SERVICE_URL: `https://localhost:${front.port}`,
    TRUSTCAST_AGENT_TOKEN: token,
    TRUSTCAST_PINNED_KEYS: pins.join(','),
    TRUSTCAST_CA_FILE: caFile,
    TRUSTCAST_DIRECTORY: join(home, 'agent'),
    TRUSTCAST_BASE: 'none',
  };
  await run(right, 'connected');
}, 120_000);
afterEach(async () => {
  for (const child of running.splice(1)) await end(child);
});
afterAll(async () => {
  for (const child of running) await end(child);
  await front.stop();
  await installation.stop();
  rmSync(home, { recursive: true });
});

interface Enrolled {
  readonly agent: { readonly id: string };
  readonly token: string;
  readonly pins: readonly string[];
}

async function enroll(name: string): Promise<Enrolled> {
  const text = 'mutation ($input: CreateAgentInput!) { made: createAgent(input: $input) { agent { id } token pins } }';
  return (await installation.query<{ made: Enrolled }>(text, { input: { environment: 'apimanager', name } })).made;
}

/** Starts an agent, which ends with the test, and waits for a line of its log. */
async function run(env: Env, message: string): Promise<void> {
  const child = spawn(process.execPath, [AGENT, 'run'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  let log = '';
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  while (!log.includes(`"msg":"${message}"`)) {
    if (child.exitCode !== null) throw new Error(log);
    await delay(50);
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

function command(main: string, args: readonly string[], env: Env): Promise<{ code: number; out: string }> {
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out: out + err }),
    ),
  );
}

/** JVMs that other tests run at this moment are none of ours; they may be problems of this host. */
async function doctor(env: Env): Promise<{ code: number; problems: string[]; service: string[] }> {
  const { code, out } = await command(AGENT, ['doctor', '--json'], env);
  const findings = JSON.parse(out) as { check: string; verdict: string; detail: string }[];
  const problems = findings.filter(({ check, verdict }) => verdict === 'problem' && !check.startsWith('JVM'));
  return {
    code,
    problems: problems.map(({ check, detail }) => `${check}: ${detail}`),
    service: findings.flatMap(({ check, verdict }) => (check === 'service' ? [verdict] : [])),
  };
}

/** What is set wrongly, which finding that is, and what the finding says to do. */
const FAULTS: readonly (readonly [string, () => Env, string, string])[] = [
  ['an untrusted CA', () => ({ TRUSTCAST_CA_FILE: '' }), 'SERVICE_CA_UNTRUSTED', 'TRUSTCAST_CA_FILE'],
  ['another CA than is named', () => ({ TRUSTCAST_CA_FILE: otherCa }), 'SERVICE_CA_UNTRUSTED', 'TRUSTCAST_CA_FILE'],
  ['a host that does not exist', () => url('https://trustcast.invalid'), 'SERVICE_HOST_UNKNOWN', 'correct the host'],
  ['a name that is not in the certificate', () => url('https://127.0.0.1'), 'SERVICE_NAME_MISMATCH', 'needs a name'],
  [
    'a port where nothing listens',
    () => url('https://localhost', closedPort),
    'SERVICE_PORT_CLOSED',
    'correct the port',
  ],
  [
    'a path',
    () => url('https://localhost', front.port, '/trustcast'),
    'SERVICE_IS_ANOTHER',
    'without the path /trustcast',
  ],
  ['http for https', () => url('http://localhost'), 'SERVICE_CLOSES', 'use https://'],
  [
    'https for http',
    () => url('https://localhost', Number(new URL(installation.url).port)),
    'SERVICE_SPEAKS_NO_TLS',
    'use http://',
  ],
  ['a token that nobody has', () => ({ TRUSTCAST_AGENT_TOKEN: 'tch_wrong' }), 'TOKEN_UNKNOWN', 'createAgent'],
  ['a revoked token', () => ({ TRUSTCAST_AGENT_TOKEN: revoked }), 'TOKEN_UNKNOWN', 'createAgent'],
  ['a pin of another key', () => ({ TRUSTCAST_PINNED_KEYS: 'k'.repeat(43) }), 'PIN_WRONG', 'pin that'],
  [
    'another environment',
    () => ({ TRUSTCAST_ENVIRONMENT: 'production' }),
    'ENVIRONMENT_MISMATCH',
    'correct one of them',
  ],
];
const otherCa = join(home, 'other-ca.pem');
const url = (origin: string, port = front.port, path = ''): Env => ({
  TRUSTCAST_SERVICE_URL: `${origin}:${port}${path}`,
});

test('with TRUSTCAST_CA_FILE, agent and doctor reach a service behind a CA of its own', async () => {
  const deadline = Date.now() + 20_000;
  let said = await doctor(right);
  // The agent is connected; what it hears first may be under way.
  while (said.problems.length > 0 && Date.now() < deadline) said = await doctor(right);
  expect({ problems: said.problems, service: said.service }).toEqual({ problems: [], service: ['ok'] });
});

test('with TRUSTCAST_CA_FILE, the command line reaches it, and without says to name it', async () => {
  const env = {
    PATH: right.PATH!,
    TRUSTCAST_URL: right.TRUSTCAST_SERVICE_URL!,
    TRUSTCAST_TOKEN: installation.stack.token,
  };
  expect(await command(CLI, ['agents', 'list'], { ...env, TRUSTCAST_CA_FILE: caFile })).toMatchObject({
    code: 0,
    out: expect.stringContaining('host') as unknown,
  });
  const { code, out } = await command(CLI, ['agents', 'list'], env);
  expect(out).toContain('name its CA with TRUSTCAST_CA_FILE');
  expect(code).not.toBe(0);
});

describe('doctor names, beside a well agent,', () => {
  beforeAll(async () => writeFileSync(otherCa, await (await Authority.make('Other CA')).renew()));

  test.each(FAULTS)('%s', async (_name, over, finding, remedy) => {
    const { code, problems } = await doctor({ ...right, ...over() });
    expect(code).toBe(1);
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^service: ${finding}: .*${remedy}`)));
  });
});

describe('an agent that starts with it, and its doctor, name', () => {
  test.each(FAULTS)('%s', async (_name, over, finding, remedy) => {
    const env = { ...right, TRUSTCAST_DIRECTORY: mkdtempSync(join(home, 'fresh-')) };
    mkdirSync(join(env.TRUSTCAST_DIRECTORY, 'state'), { mode: 0o700 });
    // The host is known by its key.
    copyFileSync(join(home, 'agent/state/agent-key.pem'), join(env.TRUSTCAST_DIRECTORY, 'state/agent-key.pem'));
    await run({ ...env, ...over() }, 'ready');
    const asked = /^(PIN_WRONG|TOKEN_UNKNOWN)$/.test(finding)
      ? { PIN_WRONG: 'NO_PINNED_KEY', TOKEN_UNKNOWN: 'REVOKED' }[finding]!
      : finding;
    let said = '';
    for (let tries = 0; tries < 60 && !said.includes(asked); tries += 1) {
      await delay(250);
      said = (await command(AGENT, ['status'], { ...env, ...over() })).out;
    }
    expect(said).toContain(asked);
    const { code, problems } = await doctor({ ...env, ...over() });
    expect(code).toBe(1);
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^service: ${finding}: .*${remedy}`)));
  });

  test('a host that was reinstalled', async () => {
    const env = { ...right, TRUSTCAST_DIRECTORY: join(home, 'reinstalled') };
    await run(env, 'registration failed');
    const { code, problems } = await doctor(env);
    expect(code).toBe(1);
    expect(problems).toContainEqual(expect.stringMatching(/^service: HOST_KEY_CHANGED: .*reenrollAgent/));
  });
});
