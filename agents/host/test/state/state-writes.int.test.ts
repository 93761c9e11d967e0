import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createLog } from '@trustcast/config';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { markerCertificate } from '@trustcast/keystore';
import { EMPTY_SET, type Registration, type Statement, signingKeyOf } from '@trustcast/schema';
import { Detached } from '../../src/jvms/attach/detached.js';
import { JvmRegistry } from '../../src/jvms/jvm-registry.js';
import { StatusSnapshot } from '../../src/report/status-snapshot.js';
import { type AgentDirectory, prepareDirectory } from '../../src/state/agent-directory.js';
import { saveAgentKey } from '../../src/state/agent-key.js';
import { lockDirectory } from '../../src/state/directory-lock.js';
import { HandMarks } from '../../src/state/hand-marks.js';
import { HighWaterMarks } from '../../src/state/high-water-marks.js';
import { RegistrationStore } from '../../src/state/registration-store.js';
import { roomProblem } from '../../src/state/disk-space.js';
import { StateGuard } from '../../src/state/state-guard.js';
import { type Accepted, StateStore } from '../../src/state/state-store.js';
import { AskedJdks } from '../../src/truststore/asked-jdks.js';
import { BaseStore } from '../../src/truststore/base-store.js';
import { FileHistory } from '../../src/truststore/file-history.js';
import { Lifted } from '../../src/truststore/lifted.js';
import { Quarantine } from '../../src/truststore/quarantine.js';
import { WrittenHistory } from '../../src/truststore/written-history.js';
import { temporaryDirectory } from '../support/fixtures.js';
import { jdkHomes } from '../support/jdk-homes.js';

const HOSTILE = 12_321;
const OLD = new Date('2020-01-01');
const log = createLog('silent');
const marker = markerCertificate('11111111-1111-8111-8111-111111111111');
const key = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
const entry = { alias: 'a', der: marker };
const statement = { installation: randomUUID(), environment: randomUUID(), epoch: 1, revision: 1, digest: 'x' };
const accepted = { statement: statement as Statement, compact: 'a.b.c', set: EMPTY_SET } satisfies Accepted;
const [jdk = ''] = await jdkHomes();
const base = { kind: 'jvm', home: jdk } as const;

/** Every writer of the agent's directory, made before the directory is another's. */
const WRITERS: Record<string, (directory: AgentDirectory) => () => unknown> = {
  'the directories themselves':
    ({ path }) =>
    () =>
      prepareDirectory(path),
  'the lock':
    ({ state }) =>
    () =>
      lockDirectory(state),
  'the lock that is given back': ({ state }) => lockDirectory(state),
  'the key':
    ({ state }) =>
    () =>
      saveAgentKey(state, key),
  'the registration':
    ({ state }) =>
    () =>
      new RegistrationStore(state).save({} as Registration),
  'the high-water marks': ({ state }) => {
    const marks = new HighWaterMarks(state);
    return () => marks.keep(accepted);
  },
  'the first generation of the set':
    ({ state }) =>
    () =>
      new StateStore(state).rewrite(accepted),
  'a new generation of the set': ({ state }) => {
    const store = new StateStore(state);
    store.rewrite(accepted);
    return () => store.rewrite(accepted);
  },
  'what was written':
    ({ state }) =>
    () =>
      new WrittenHistory(state).save(),
  'the quarantine':
    ({ state }) =>
    () =>
      new Quarantine(state, log).restore(),
  'the copy of the base':
    ({ state }) =>
    () =>
      new BaseStore(base, undefined, state).refresh(),
  'the history beside the truststore': ({ truststore }) => {
    const history = new FileHistory(truststore);
    return () => history.note([entry], 'x');
  },
  'the status for the command line': ({ state }) => {
    const snapshot = new StatusSnapshot(state, log);
    return () => {
      snapshot.take({} as never, true);
      snapshot.stop();
    };
  },
  'a mark of a detached JVM':
    ({ state }) =>
    () =>
      new Detached(state).add('id'),
  'a mark that is removed':
    ({ state }) =>
    () =>
      new Detached(state).remove('theirs'),
  'a mark of an entry that was lifted':
    ({ state }) =>
    () =>
      new Lifted(state).add({ alias: 'a', fingerprint: 'b' }),
  'a mark of a process that hung':
    ({ state }) =>
    () =>
      new HandMarks(state, 'hung-').add('id'),
  'a probe for room':
    ({ path }) =>
    () =>
      roomProblem(path, null),
  'what was removed while it ran': (directory) => {
    const file = { name: 'x', isThere: () => false, write: () => saveAgentKey(directory.state, key) };
    const guard = new StateGuard(directory, [file], log, () => undefined);
    return () => guard.check();
  },
  'what a JDK is asked by': ({ state }) => {
    const jdks = new AskedJdks(base, marker, state, log);
    return () => jdks.unloadable([{ entry, library: null, isTrusted: true }]);
  },
  'an orphan among the status files': (directory) => {
    const registry = new JvmRegistry(
      directory,
      new WrittenHistory(directory.state),
      { attach: [], base: { kind: 'none' }, jvmAgentJar: undefined },
      new Detached(directory.state),
      log,
    );
    return () => [...registry.refreshFiles()];
  },
};

const home = madeIn(beforeAll, () => Promise.resolve(temporaryDirectory()));
afterAll(() => home.remove());
let count = 0;
let parent: string;
let directory: AgentDirectory;
/** Laid out as an agent's directory, and not the agent's: what root must leave as it is. */
let victim: string;
beforeEach(() => {
  chmodSync(home.path, 0o755);
  const place = join(home.path, String((count += 1)));
  [parent, victim] = [join(place, 'parent'), join(place, 'victim')];
  for (const folder of [place, parent]) mkdirSync(folder);
  directory = prepareDirectory(join(parent, 'agent'));
  for (const folder of ['', 'state', 'jvms']) mkdirSync(join(victim, folder), { mode: 0o700 });
  for (const file of ['state/detached-theirs', 'state/lock', 'jvms/old.json', 'jvms/old']) {
    writeFileSync(join(victim, file), 'root’s');
    utimesSync(join(victim, file), OLD, OLD);
  }
});

function contentOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => {
      const stat = statSync(path);
      const bytes = stat.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [path, stat.ino, stat.mode, stat.mtimeMs, bytes].join(' ');
    });
}

async function attempt(write: () => unknown): Promise<void> {
  try {
    await write();
  } catch (error) {
    expect(error).toMatchObject({ code: 'DIRECTORY_UNSAFE' });
  }
}

describe('where the directory’s parent is given to another user, who puts a link to a directory of root’s in its place,', () => {
  test.each(Object.keys(WRITERS))('%s: nothing of that is touched', async (name) => {
    const write = WRITERS[name]!(directory);
    chownSync(parent, HOSTILE, HOSTILE);
    renameSync(directory.path, `${directory.path}.away`);
    symlinkSync(victim, directory.path);
    const before = contentOf(victim);
    await attempt(write);
    expect(contentOf(victim)).toEqual(before);
  });
});

describe('root, who writes a mark for an agent of another user,', () => {
  const mark = (): void => new Detached(directory.state).add('id');
  beforeEach(() => {
    for (const path of [parent, directory.path, directory.state, directory.jvms]) chownSync(path, HOSTILE, HOSTILE);
  });

  test('writes it there', () => {
    mark();
    expect(readdirSync(directory.state)).toEqual(['detached-id']);
    new Detached(directory.state).remove('id');
    expect(readdirSync(directory.state)).toEqual([]);
  });

  test('follows no link of that user', () => {
    renameSync(directory.path, `${directory.path}.away`);
    symlinkSync(victim, directory.path);
    const before = contentOf(victim);
    expect(mark).toThrow(`uid ${HOSTILE}`);
    expect(contentOf(victim)).toEqual(before);
  });
});
