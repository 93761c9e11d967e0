import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { createLog } from '@trustcast/config';
import { statusLockOf } from '@trustcast/schema';
import { Detached } from '../../../src/jvms/attach/detached.js';
import { JvmRegistry } from '../../../src/jvms/jvm-registry.js';
import { bootId, startTicksOf } from '../../../src/jvms/processes/process-facts.js';
import { processId } from '../../../src/jvms/processes/process-id.js';
import { HUNG_PREFIX, Watchdog } from '../../../src/jvms/processes/watchdog.js';
import { fitJvms } from '../../../src/report/fit-jvms.js';
import { pathsOf, prepareDirectory } from '../../../src/state/agent-directory.js';
import { HandMarks } from '../../../src/state/hand-marks.js';
import { WrittenHistory } from '../../../src/truststore/written-history.js';
import { temporaryDirectory } from '../../support/fixtures.js';
import { LockHolder } from '../../support/lock-holder.js';

const OTHER = 12_321;
let folder: ReturnType<typeof temporaryDirectory>;
let speaker: LockHolder;
beforeEach(async () => {
  folder = temporaryDirectory();
  chmodSync(folder.path, 0o755);
  speaker = await LockHolder.start();
});
afterEach(async () => {
  await speaker.stop();
  folder.remove();
});

/** Says something of itself and stands by it. */
async function speak(): Promise<void> {
  const status = {
    format: 'trustcast-jvm-status/1',
    bootId: bootId(),
    pid: speaker.pid,
    startTicks: startTicksOf(speaker.pid),
    jdk: { version: '99', vendor: 'nobody' },
    mainClass: 'Speaker',
    agentVersion: '1',
    via: 'premain',
    file: null,
    state: 'FAILED',
    reason: 'ITS_OWN',
    loaded: null,
    alsoInBase: [],
    lastError: null,
    hookErrors: 0,
    sequence: 1,
    writtenAt: new Date().toISOString(),
  };
  const bytes = Buffer.from(JSON.stringify(status));
  const { position, size } = statusLockOf(bytes);
  const path = join(folder.path, 'jvms/a.json');
  const content = `__import__('base64').b64decode('${bytes.toString('base64')}')`;
  await speaker.does(`(lambda f: (f.write(${content}), f.close()))(open('${path}', 'wb')) and None`);
  await speaker.does(`lock('${path}', ${position}, ${size})`);
}

test('a process that hung an agent is not looked at because a status names it either', async () => {
  const directory = prepareDirectory(join(folder.path, 'agent'));
  symlinkSync(directory.jvms, join(folder.path, 'jvms'));
  await speak();
  const { state } = directory;
  const config = { attach: [], base: { kind: 'none' }, jvmAgentJar: undefined } as const;
  const isListed = (): boolean => {
    const registry = new JvmRegistry(
      directory,
      new WrittenHistory(state),
      config,
      new Detached(state),
      createLog('silent'),
      new Watchdog(state),
    );
    registry.refresh();
    return registry.listing().jvms.some(({ pid }) => pid === speaker.pid);
  };
  expect(isListed()).toBe(true);
  new HandMarks(state, HUNG_PREFIX).add(processId({ pid: speaker.pid, startTicks: startTicksOf(speaker.pid)! }));
  expect(isListed()).toBe(false);
});

test('a host whose agent cannot read what binds a status says that it has left it out, and why', async () => {
  mkdirSync(join(folder.path, 'jvms'));
  await speak();
  const state = join(folder.path, 'state');
  const config = { attach: [], base: { kind: 'none' }, jvmAgentJar: undefined } as const;
  const log = createLog('silent');
  const registry = new JvmRegistry(pathsOf(folder.path), new WrittenHistory(state), config, new Detached(state), log);
  const look = (): ReturnType<typeof fitJvms> => {
    registry.refresh({ removeOrphans: false });
    return fitJvms(registry.listing(), Infinity);
  };
  const own = ({ jvms }: ReturnType<typeof fitJvms>): unknown => jvms.find(({ pid }) => pid === speaker.pid);
  const root = process.geteuid!();
  process.seteuid!(OTHER);
  try {
    // Not once: as long as it is so.
    for (const told of [look(), look()]) {
      expect(told.leftOut?.reason).toContain('JVMS_LEFT_OUT: 1 files in jvms/');
      expect(own(told)).toMatchObject({ state: 'LOADED', reason: expect.stringContaining('CAP_SYS_PTRACE') });
    }
  } finally {
    process.seteuid!(root);
  }
  expect(own(look())).toMatchObject({ state: 'FAILED', reason: 'ITS_OWN' });
  expect(look().leftOut).toBeNull();
});
