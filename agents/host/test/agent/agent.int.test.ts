import { describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readKeystore, writePkcs12 } from '@trustcast/keystore';
import { type AgentStatus, MARKER_ALIAS } from '@trustcast/schema';
import { AgentProcess } from '../support/agent-process.js';
import { entriesOf, entryOf, sha256Of, temporaryDirectory, writeOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';
import { Writes } from '../support/writes.js';
import { startNatsIn } from '../support/backends.js';

const host = useHost();
const aliases = (of = host): string[] => readKeystore(readFileSync(of.truststore)).entries.map(({ alias }) => alias);
/** The file follows by inotify or a write of the agent; a moment passes until it is there. */
async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; await new Promise((r) => setTimeout(r, 5)))
    if (holds()) return;
  throw new Error(`never: ${what}`);
}

describe('the base', () => {
  const keystore = () => join(host.home, 'own.p12');
  const aliasesReported = () => [...host.service.bases.values()].map((base) => base.map(({ alias }) => alias));

  test('is reported with its certificates once, and by its digest alone when the service knows it', async () => {
    writeFileSync(keystore(), writePkcs12(await entriesOf('one', 'two')));
    const first = await host.running({ TRUSTCAST_BASE: `file:${keystore()}` });
    await eventually(() => host.service.bases.size === 1, 'the base is reported');
    expect(aliasesReported()).toEqual([['base/one', 'base/two']]);
    expect(host.service.baseReports).toBe(2);
    await first.stop();
    await host.running({ TRUSTCAST_BASE: `file:${keystore()}` });
    await eventually(() => host.service.baseReports === 3, 'its digest is told');
    expect(host.service.bases.size).toBe(1);
  });

  test('is reported again when it changes, and when the service could not be told', async () => {
    writeFileSync(keystore(), writePkcs12(await entriesOf('one')));
    let failures = 0;
    host.service.intercept = (request, response) => {
      if (request.url !== '/agent/v1/base' || failures === 1) return false;
      failures++;
      response.writeHead(503).end();
      return true;
    };
    await host.running({ TRUSTCAST_BASE: `file:${keystore()}` });
    await eventually(() => host.service.bases.size === 1, 'the base is reported');
    writeFileSync(keystore(), writePkcs12(await entriesOf('one', 'three')));
    // The truststore is looked at when somebody touches it: so is the base.
    utimesSync(host.truststore, new Date(), new Date());
    await eventually(() => host.service.bases.size === 2, 'the new base is reported');
    expect(aliasesReported().at(-1)).toEqual(['base/one', 'base/three']);
  });
});

describe('the agent', () => {
  test('writes base and marker and says ready with everything else down', async () => {
    await host.service.stopHttp();
    const agent = host.agent();
    const ready = await agent.line('ready');
    expect(ready.truststore).toBe(host.truststore);
    expect(aliases()).toEqual([MARKER_ALIAS]);
    expect(agent.lines.map(({ msg }) => msg)).not.toContain('connected');
  });

  test('a deployed certificate is in the truststore, a removed one is not, a replaced one is there once', async () => {
    await host.running();
    const [a, b] = await entriesOf('a', 'b');
    await host.service.deploy({ upserts: [a!, b!] });
    await host.service.written();
    expect(aliases()).toEqual(['a', 'b', MARKER_ALIAS]);
    const renewed = await entryOf('a');
    await host.service.deploy({ upserts: [renewed], removals: ['b'] });
    const status = await host.service.written();
    expect(status).toMatchObject({ state: 'WRITTEN', managed: 1, base: 0, written: { epoch: 1, revision: 2 } });
    const entries = readKeystore(readFileSync(host.truststore)).entries;
    expect(entries.map(({ alias }) => alias)).toEqual(['a', MARKER_ALIAS]);
    expect(Buffer.from(entries[0]!.der).equals(renewed.der)).toBe(true);
  });

  test('a redelivered revision leaves inode, times and content unchanged', async () => {
    await host.running();
    host.service.change({ upserts: [await entryOf('a')] });
    const event = await host.service.event();
    await host.service.publish(event);
    await host.service.written();
    const before = writeOf(host.truststore);
    const writes = new Writes(host.truststore);
    await host.service.publish(event);
    await host.service.publish(await host.service.heartbeat(), 'heartbeat');
    // Messages are taken in order: what comes next is written after the repeated ones were.
    await host.service.deploy({ upserts: [await entryOf('b')] });
    await host.service.written();
    expect(await writes.sinceThen()).toBe(1);
    await host.service.deploy({ removals: ['b'] });
    await host.service.written();
    expect(await writes.sinceThen()).toBe(2);
    writes.stop();
    expect(writeOf(host.truststore)).not.toBe(before);
    expect(writeOf(host.truststore).split(' ').at(-1)).toBe(before.split(' ').at(-1));
  });

  test('rebuilds the truststore from state with everything else down', async () => {
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a', 'b') });
    await host.service.written();
    const sha256 = sha256Of(host.truststore);
    expect(await agent.stop()).toBe(0);
    await host.service.stop();
    rmSync(host.truststore);
    await host.agent().line('ready');
    expect(sha256Of(host.truststore)).toBe(sha256);
  });

  test.each([
    ['lost', (): void => rmSync(join(host.directory, 'state'), { recursive: true, maxRetries: 10 })],
    ['damaged', (): void => writeFileSync(join(host.directory, 'state/set.journal'), 'damaged')],
  ])('leaves the truststore as it is while its state is %s, until the set is fetched', async (_name, harm) => {
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a', 'b') });
    await host.service.written();
    await agent.stop();
    harm();
    const before = writeOf(host.truststore);
    await host.service.stopHttp();
    const alone = host.agent();
    await alone.line('ready');
    await alone.stop();
    expect(writeOf(host.truststore)).toBe(before);
    await host.service.listen();
    host.service.change({ removals: ['a'] });
    await host.running();
    expect(aliases()).toEqual(['b', MARKER_ALIAS]);
  });

  test('forgets what it wrote for an environment that was made again: its revisions say nothing of the new one', async () => {
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    const before = writeOf(host.truststore);
    await agent.stop();
    host.service.makeAgain();
    host.service.intercept = (request, response) => {
      if (!request.url!.startsWith('/agent/v1/environments/')) return false;
      response.writeHead(503).end();
      return true;
    };
    const isNew = ({ environment, state }: AgentStatus): boolean =>
      environment === host.service.scope.environment && state === 'STALE';
    const second = host.agent();
    expect(await host.service.status(isNew)).toMatchObject({ written: null });
    utimesSync(host.truststore, new Date(), new Date());
    await sleep(500);
    await second.stop();
    expect(host.service.statuses.filter(isNew).filter(({ written }) => written !== null)).toEqual([]);
    host.agent();
    const told = host.service.statuses.length;
    await host.service.status(() => host.service.statuses.length > told);
    expect(host.service.statuses.slice(told).filter(({ written }) => written !== null)).toEqual([]);
    expect(writeOf(host.truststore).split(' ').at(-1)).toBe(before.split(' ').at(-1));
  });

  test('writes nothing when it starts again and nothing has changed', async () => {
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    await agent.stop();
    const before = writeOf(host.truststore);
    await host.running();
    expect(writeOf(host.truststore)).toBe(before);
  });

  test('keeps mode and owner, follows a symbolic link, and gives every write a later time', async () => {
    const agent = await host.running();
    await agent.stop();
    const target = join(host.home, 'elsewhere.p12');
    renameSync(host.truststore, target);
    symlinkSync(target, host.truststore);
    chmodSync(target, 0o640);
    const later = Date.now() + 3_600_000;
    // A clock that was ahead once: the next write must still look newer.
    utimesSync(target, later / 1_000, later / 1_000);
    // As Java sees it, in whole milliseconds; a number would be rounded.
    const modifiedMs = (): bigint => statSync(target, { bigint: true }).mtimeMs;
    const before = modifiedMs();
    await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    expect(statSync(target).mode & 0o777).toBe(0o640);
    expect(modifiedMs()).toBe(before + 1n);
    expect(aliases()).toContain('a');
  });

  test('restores at once what somebody else did to the file, and reports it', async () => {
    const agent = await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    const sha256 = sha256Of(host.truststore);
    const isBack = (): boolean =>
      statSync(host.truststore, { throwIfNoEntry: false }) !== undefined && sha256Of(host.truststore) === sha256;
    writeFileSync(host.truststore, 'edited by hand');
    await eventually(isBack, 'an edited file is restored');
    expect((await host.service.status(({ reason }) => reason !== null)).reason).toBe('DRIFT_RESTORED');
    rmSync(host.truststore);
    await eventually(isBack, 'a deleted file is restored');
    const restored = (): number => agent.lines.filter(({ msg }) => msg.endsWith('restoring it')).length;
    await eventually(() => restored() >= 2, 'both are logged');
  });

  test('a second agent on the directory ends with 75 and leaves the first alone', async () => {
    const first = await host.running();
    const second = host.agent();
    expect(await second.exited).toBe(75);
    expect(second.stderr).toContain(`pid ${first.pid}`);
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
  });

  test('takes over from an agent that was killed', async () => {
    const first = await host.running();
    first.kill('SIGKILL');
    await first.exited;
    await host.running();
  });

  test('refuses a directory that others may write, and starts with what it names put right', async () => {
    mkdirSync(host.directory);
    chmodSync(host.directory, 0o777);
    const refused = host.agent();
    expect(await refused.exited).toBe(78);
    expect(refused.stderr).toContain('DIRECTORY_UNSAFE');
    chmodSync(host.directory, 0o755);
    await host.running();
  });

  test('names every problem of its configuration at once and no value, with exit code 78', async () => {
    const agent = new AgentProcess(['run'], { TRUSTCAST_SERVICE_URL: 'secret-value', TRUSTCAST_LOGLEVEL: 'info' });
    expect(await agent.exited).toBe(78);
    for (const name of [
      'TRUSTCAST_SERVICE_URL',
      'TRUSTCAST_AGENT_TOKEN',
      'TRUSTCAST_PINNED_KEYS',
      'TRUSTCAST_LOGLEVEL',
    ])
      expect(agent.stderr).toContain(name);
    expect(agent.stderr).not.toContain('secret-value');
  });

  test('believes no signing key that is not pinned', async () => {
    const agent = host.agent({ TRUSTCAST_PINNED_KEYS: 'A'.repeat(43) });
    const line = await agent.line('registration failed');
    expect(line.error).toMatchObject({ code: 'NO_PINNED_KEY' });
    expect(aliases()).toEqual([MARKER_ALIAS]);
  });
});

test('catches up after NATS was stopped during changes', async () => {
  const state = temporaryDirectory();
  let nats = await startNatsIn(state.path);
  const other = await host.another(nats);
  try {
    const agent = await other.running();
    await nats.stop();
    await agent.line('disconnected');
    for (let n = 0; n < 20; n += 1) other.service.change({ upserts: [await entryOf(`a${n}`)] });
    nats = await startNatsIn(state.path);
    await other.service.written(20);
    expect(aliases(other)).toHaveLength(21);
  } finally {
    await nats.stop();
    state.remove();
  }
});
