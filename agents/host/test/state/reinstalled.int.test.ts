import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentPaths } from '@trustcast/schema';
import { type Snapshot, readSnapshot } from '../../src/report/status-snapshot.js';
import { doctor } from '../support/doctor.js';
import { entriesOf } from '../support/fixtures.js';
import { jvmHomes } from '../support/jdk-homes.js';
import { useHost, useJava } from '../support/use-host.js';

const host = useHost();
const startJava = useJava(host);

/** Answers as the service does where the token is another key's, or nobody's; returns how often it was asked. */
function refuse(status: 401 | 409, detail: string): { readonly count: number } {
  const asked = { count: 0 };
  host.service.intercept = (request, response) => {
    const registers = request.url === agentPaths.register;
    if (registers) asked.count += 1;
    else if (status === 409) return false;
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify({ detail }));
    return true;
  };
  return asked;
}
async function snapshot(test: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for (;;) {
    const found = readSnapshot(join(host.directory, 'state'));
    if (found && test(found)) return found;
    await sleep(100);
  }
}

test('an agent that the service knows by another key is FAILED, asks for its directory, and names the cure in the words of the service', async () => {
  refuse(409, 'an administrator lets it register anew: reenrollAgent');
  host.agent();
  const { reason } = await snapshot(({ state }) => state === 'FAILED');
  expect(reason).toBe(
    `HOST_KEY_CHANGED: is ${host.directory} the directory of this agent? If not, correct TRUSTCAST_DIRECTORY. If it is: an administrator lets it register anew: reenrollAgent`,
  );
});

test('a reinstalled host takes nothing from the JVMs that still run: no truststore is written before the first set', async () => {
  const first = await host.running();
  await host.service.deploy({ upserts: await entriesOf('managed') });
  await host.service.written();
  await startJava((await jvmHomes())[0]!, [host.javaagent]);
  await host.service.status(({ jvms }) => jvms.some(({ state }) => state === 'LIVE'));
  await first.stop();
  rmSync(host.directory, { recursive: true, maxRetries: 10 });

  refuse(409, 'reenrollAgent');
  const again = host.agent();
  await again.line('running JVMs use this directory; waiting for the first set before writing a truststore');
  await snapshot(({ reason }) => reason?.startsWith('HOST_KEY_CHANGED') === true);
  expect(existsSync(host.truststore)).toBe(false);

  host.service.intercept = () => false;
  while (!existsSync(host.truststore)) await sleep(100);
  await host.service.status(({ state, managed }) => state === 'WRITTEN' && managed === 1);
});

test('nor from one that was attached, and has let go of the directory that is gone', async () => {
  const first = await host.running(host.attaching());
  await host.service.deploy({ upserts: await entriesOf('managed') });
  await host.service.written();
  const jvm = await startJava((await jvmHomes())[0]!, [host.selected]);
  await host.service.status(({ jvms }) => jvms.some(({ state }) => state === 'LIVE'));
  await first.stop();
  rmSync(host.directory, { recursive: true, maxRetries: 10 });
  const open = () => readdirSync(`/proc/${jvm.pid}/fd`).map((name) => linkOf(`/proc/${jvm.pid}/fd/${name}`));
  while (open().some((path) => path.startsWith(host.directory))) await sleep(100);

  refuse(409, 'reenrollAgent');
  const again = host.agent(host.attaching());
  await again.line('running JVMs use this directory; waiting for the first set before writing a truststore');
  await snapshot(({ reason }) => reason?.startsWith('HOST_KEY_CHANGED') === true);
  expect(existsSync(host.truststore)).toBe(false);
  const told = `is not there, and JVMs use this directory \\(pid ${jvm.pid}\\): they keep .*look at what keeps it from that$`;
  expect((await doctor(host, host.attaching())).of('truststore')).toEqual([expect.stringMatching(told)]);
  host.service.intercept = () => false;
  await host.service.status(({ state, managed }) => state === 'WRITTEN' && managed === 1);
});

test('one that was detached looks like such a JVM: the truststore of a fresh directory comes with the first set', async () => {
  const first = await host.running(host.attaching());
  const jvm = await startJava((await jvmHomes())[0]!, [host.selected]);
  await host.service.status(({ jvms }) => jvms.some(({ pid, via }) => pid === jvm.pid && via !== null));
  expect((await host.cli(['detach', String(jvm.pid)], host.attaching())).code).toBe(0);
  await first.stop();
  rmSync(host.directory, { recursive: true, maxRetries: 10 });

  refuse(409, 'reenrollAgent');
  const again = host.agent(host.attaching());
  await again.line('running JVMs use this directory; waiting for the first set before writing a truststore');
  expect(existsSync(host.truststore)).toBe(false);
  host.service.intercept = () => false;
  while (!existsSync(host.truststore)) await sleep(100);
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

describe('an agent that was deleted', () => {
  test('says REVOKED, logs one line, and leaves NATS alone', async () => {
    const before = await host.running();
    await before.stop();
    const asked = refuse(401, 'the token of an agent is needed');
    const agent = host.agent();
    const { reason } = await snapshot(({ state }) => state === 'FAILED');
    expect(reason).toMatch(/^REVOKED: /);
    while (asked.count < 3) await sleep(100);
    expect(agent.lines.filter(({ msg }) => msg === 'registration failed')).toHaveLength(1);
    await snapshot(({ connected }) => !connected);
    expect(agent.lines.filter(({ msg }) => msg === 'NATS cannot be reached')).toEqual([]);
  });

  test('is one again when the service knows it again', async () => {
    refuse(401, 'the token of an agent is needed');
    host.agent();
    await snapshot(({ state }) => state === 'FAILED');
    host.service.intercept = () => false;
    await host.service.written();
  });
});
