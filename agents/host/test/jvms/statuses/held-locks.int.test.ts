import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Held, HeldLocks } from '../../../src/jvms/statuses/held-locks.js';
import { kernelFileOf } from '../../../src/jvms/processes/kernel-file.js';
import { LockTime } from '../../../src/jvms/statuses/lock-time.js';
import { readProcess } from '../../../src/jvms/processes/process-facts.js';
import { temporaryDirectory } from '../../support/fixtures.js';
import { LockHolder } from '../../support/lock-holder.js';

const HOSTILE = 12_321;
const START = 1_234_567_890_123n;
const SIZE = 777n;
let folder: ReturnType<typeof temporaryDirectory>;
let path: string;
let locks: HeldLocks;
const holders: LockHolder[] = [];
const ends: (() => void)[] = [];
beforeEach(() => {
  folder = temporaryDirectory();
  chmodSync(folder.path, 0o777);
  path = join(folder.path, 'status.json');
  writeFileSync(path, '{}');
  locks = new HeldLocks();
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  for (const holder of holders.splice(0)) await holder.stop();
  folder.remove();
});

async function holder(wrapper: readonly string[] = []): Promise<LockHolder> {
  const started = await LockHolder.start(wrapper);
  holders.push(started);
  return started;
}
const take = (how: 'lock' | 'through_child', file = path): string => `${how}('${file}', ${START}, ${SIZE})`;

function heldBy(pid: number, { file = path, position = START, ms = 1_000 } = {}): Held {
  const fd = openSync(file, 'r');
  try {
    const time = new LockTime(() => false, ms * 2);
    return locks.heldBy(readProcess(pid)!, { position, size: SIZE }, kernelFileOf(fd), 'status.json', time);
  } finally {
    closeSync(fd);
  }
}

describe('a lock is held by a process', () => {
  test('that has taken it itself, on this file and this range, and by no other', async () => {
    const [own, other] = [await holder(), await holder()];
    await own.does(take('lock'));
    expect(heldBy(own.pid)).toBe('held');
    expect(heldBy(other.pid)).toBe('not held');
    expect(heldBy(own.pid, { position: START + 1n })).toBe('not held');
    mkdirSync(join(folder.path, 'copy'));
    writeFileSync(join(folder.path, 'copy/status.json'), '{}');
    expect(heldBy(own.pid, { file: join(folder.path, 'copy/status.json') })).toBe('not held');
  });

  test('in namespaces of its own, whose path to the file is another', async () => {
    const wrapper = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const inside = join(folder.path, 'inside');
    mkdirSync(inside);
    const own = await holder(wrapper);
    const [pid = 0] = readFileSync(`/proc/${own.pid}/task/${own.pid}/children`, 'latin1').split(' ').map(Number);
    await own.does(`os.system('mount --bind ${folder.path} /mnt')`);
    await own.does(take('lock', '/mnt/status.json'));
    expect(heldBy(pid)).toBe('held');
  });

  test('although its file was replaced since, and through whichever of its descriptors', async () => {
    const own = await holder();
    await own.does(take('lock'));
    const fd = openSync(path, 'r');
    const file = kernelFileOf(fd);
    closeSync(fd);
    await own.does(`os.rename('${path}', '${path}.away') or os.remove('${path}.away')`);
    const lock = { position: START, size: SIZE };
    const time = new LockTime(() => true, 100);
    expect(locks.heldBy(readProcess(own.pid)!, lock, file, 'status.json.away', time)).toBe('held');
    await own.does(`[os.open('/dev/null', 0) for _ in range(200)] and None`);
    expect(locks.heldBy(readProcess(own.pid)!, lock, file, 'status.json.away', time)).toBe('held');
  });
});

describe('a lock is not held', () => {
  test('by a process that got the pid of a child which took it for its parent and ended', async () => {
    const attacker = await holder();
    const child = Number(await attacker.does(take('through_child')));
    // The lock stays, in the dead child's name.
    expect(readFileSync('/proc/locks', 'latin1')).toMatch(new RegExp(` ${START} ${START + SIZE - 1n}$`, 'm'));
    expect(await attacker.does(`as_pid(${child})`)).toBe(String(child));
    ends.push(() => process.kill(child));
    while (!readFileSync(`/proc/${child}/cmdline`, 'latin1').startsWith('sleep')) await attacker.does('None');
    expect(readFileSync('/proc/locks', 'latin1')).toMatch(new RegExp(` ${child} \\S+ ${START} `));
    expect(heldBy(child)).toBe('not held');
    expect(heldBy(attacker.pid)).toBe('held');
  });
});

describe('nobody’s locks and descriptors hide a lock', () => {
  test('not 100,000 locks of another user', async () => {
    const own = await holder(['taskset', '--cpu-list', '0']);
    await own.does(take('lock'));
    const many = await holder(['taskset', '--cpu-list', '0']);
    await many.does(`os.setresuid(${HOSTILE}, ${HOSTILE}, ${HOSTILE})`);
    expect(await many.does(`many('${join(folder.path, 'many')}', 100_000)`)).toBe('100000');
    expect(heldBy(own.pid)).toBe('held');
  });

  test('what is not found in the time that there is, is unknown, and what was found once is found at once', async () => {
    const own = await holder();
    expect(heldBy(own.pid, { ms: -1 })).toBe('unknown');
    await own.does(take('lock'));
    expect(heldBy(own.pid)).toBe('held');
    expect(heldBy(own.pid, { ms: -1 })).toBe('held');
  });

  test('what may not be looked at is unknown', async () => {
    const own = await holder();
    await own.does(take('lock'));
    const root = process.geteuid!();
    process.seteuid!(HOSTILE);
    try {
      expect(heldBy(own.pid)).toBe('unknown');
    } finally {
      process.seteuid!(root);
    }
    expect(heldBy(own.pid)).toBe('held');
  });
});
