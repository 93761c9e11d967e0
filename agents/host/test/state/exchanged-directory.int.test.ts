import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { markerCertificate } from '@trustcast/keystore';
import { EMPTY_SET } from '@trustcast/schema';
import { prepareDirectory } from '../../src/state/agent-directory.js';
import { writePemBundle } from '../../src/truststore/pem-bundle.js';
import { Truststore } from '../../src/truststore/truststore.js';
import { WrittenHistory } from '../../src/truststore/written-history.js';
import { entriesOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const HOSTILE = 12_321;
const host = useHost();
const racers: ChildProcess[] = [];
afterEach(() => {
  for (const racer of racers.splice(0)) racer.kill('SIGKILL');
});

describe('root’s agent on a directory below one that another user owns', () => {
  let parent: string;
  let victim: string;
  beforeEach(() => {
    parent = join(host.home, 'theirs');
    mkdirSync(parent);
    chownSync(parent, HOSTILE, HOSTILE);
    victim = join(host.home, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'truststore.p12'), 'a file of root’s');
  });
  const untouched = (): void => {
    expect(readdirSync(victim)).toEqual(['truststore.p12']);
    expect(readFileSync(join(victim, 'truststore.p12'), 'utf8')).toBe('a file of root’s');
  };

  test('does not start, says whose it is, and makes nothing', async () => {
    const agent = host.agent({ TRUSTCAST_DIRECTORY: join(parent, 'agent') });
    expect(await agent.exited).toBe(78);
    expect(agent.stderr).toContain(`${parent} belongs to uid ${HOSTILE}`);
    expect(readdirSync(parent)).toEqual([]);
  });

  test('does not start by a link of theirs to a directory of root’s', async () => {
    const path = join(parent, 'agent');
    symlinkSync(victim, path);
    const agent = host.agent({ TRUSTCAST_DIRECTORY: path });
    expect(await agent.exited).toBe(78);
    untouched();
  });

  test('does not write by a link that leads through theirs to a keystore of root’s', async () => {
    const other = await host.another();
    await other.running();
    const keystore = join(victim, 'cacerts');
    writeFileSync(keystore, readFileSync(other.truststore));
    symlinkSync(victim, join(parent, 'through'));
    mkdirSync(host.directory);
    symlinkSync(join(parent, 'through/cacerts'), host.truststore);
    const before = readFileSync(keystore);
    expect(await host.agent().exited).not.toBe(0);
    expect(readFileSync(keystore)).toEqual(before);
  });

  test('does not start on a directory of the agent’s that its parent’s owner exchanges for a link', async () => {
    const path = join(parent, 'agent');
    mkdirSync(path);
    const racer = spawn(process.execPath, ['-e', EXCHANGE, path, victim], { uid: HOSTILE, gid: HOSTILE });
    racers.push(racer);
    await once(racer.stdout, 'data');
    for (let tries = 0; tries < 4; tries += 1) {
      const agent = host.agent({ TRUSTCAST_DIRECTORY: path });
      // 1 where the name was gone between two looks at it.
      expect([1, 78]).toContain(await agent.exited);
      expect(agent.lines.map(({ msg }) => msg)).not.toContain('ready');
    }
    const ended = once(racer, 'close');
    racer.kill('SIGKILL');
    await ended;
    untouched();
  });
});

/** Gives the name of a directory to a link and back, again and again. */
const EXCHANGE = `
  const { renameSync, symlinkSync } = require('node:fs');
  const [path, victim] = process.argv.slice(1);
  symlinkSync(victim, path + '.link');
  console.log('ready');
  for (;;) {
    renameSync(path, path + '.own'); renameSync(path + '.link', path);
    renameSync(path, path + '.link'); renameSync(path + '.own', path);
  }`;

test('a parent that is given to another user while the agent runs is noticed at the next write', async () => {
  const parent = join(host.home, 'parent');
  mkdirSync(parent);
  const directory = join(parent, 'agent');
  await host.running({ TRUSTCAST_DIRECTORY: directory });
  const before = readFileSync(join(directory, 'truststore.p12'));
  chownSync(parent, HOSTILE, HOSTILE);
  await host.service.deploy({ upserts: await entriesOf('a') });
  await host.service.status(({ reason }) => reason === 'TRUSTSTORE_NOT_WRITTEN: DIRECTORY_UNSAFE');
  expect(readFileSync(join(directory, 'truststore.p12'))).toEqual(before);
  chownSync(parent, 0, 0);
  await host.service.written();
});

test('nothing is written beside the truststore either, by a link to a directory of root’s', () => {
  const parent = join(host.home, 'given');
  const victim = join(host.home, 'rootsown');
  for (const folder of [parent, victim]) mkdirSync(folder);
  const directory = prepareDirectory(join(parent, 'agent'));
  const marker = markerCertificate('11111111-1111-8111-8111-111111111111');
  const truststore = new Truststore(directory.truststore, marker, new WrittenHistory(directory.state));
  const content = { position: null, set: EMPTY_SET, base: [], quarantined: null };
  truststore.write(content);
  chownSync(parent, HOSTILE, HOSTILE);
  renameSync(directory.path, `${directory.path}.away`);
  symlinkSync(victim, directory.path);
  const base = [{ alias: 'base/x', der: markerCertificate('21111111-1111-8111-8111-111111111111') }];
  expect(() => truststore.write({ ...content, base })).toThrow('belongs to uid');
  expect(() => truststore.restoreHistory()).toThrow('belongs to uid');
  expect(() => writePemBundle(directory.pemBundle, EMPTY_SET, base)).toThrow('belongs to uid');
  expect(readdirSync(victim)).toEqual([]);
});

describe('what a truststore that is a link leads to', () => {
  test('is left as it is where it is neither ours nor a keystore', async () => {
    const system = join(host.home, 'system');
    writeFileSync(system, 'root:x:0:0:root:/root:/bin/bash\n');
    mkdirSync(host.directory);
    symlinkSync(system, host.truststore);
    const agent = host.agent();
    await agent.line('the truststore cannot be written; keeping the previous one');
    expect(readFileSync(system, 'utf8')).toBe('root:x:0:0:root:/root:/bin/bash\n');
  });

  test('is replaced where it is a keystore of before', async () => {
    const first = await host.another();
    await first.running();
    const keystore = join(host.home, 'elsewhere.p12');
    writeFileSync(keystore, readFileSync(first.truststore));
    chmodSync(keystore, 0o644);
    mkdirSync(host.directory);
    symlinkSync(keystore, host.truststore);
    await host.running();
    await host.service.deploy({ upserts: await entriesOf('a') });
    await host.service.written();
    expect(readFileSync(keystore).includes('trustcast')).toBe(readFileSync(host.truststore).includes('trustcast'));
    expect(existsSync(keystore)).toBe(true);
  });
});
