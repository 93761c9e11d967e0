import { expect, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import type { JvmRegistry } from '../jvm-registry.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import { Watchdog } from '../processes/watchdog.js';
import { Attacher } from './attacher.js';

const watchdog = new Watchdog('/nowhere');
const jvm = (pid: number, uid: number): JvmProcess =>
  ({ pid, uid, startTicks: pid, vendor: 'openj9', command: [] }) as unknown as JvmProcess;

/** The pids in the order in which they were tried; one that comes while another is tried is listed last. */
async function orderOf(
  processes: JvmProcess[],
  later: ReadonlyMap<number, JvmProcess> = new Map(),
  sharedFile = '/',
): Promise<number[]> {
  const tried: number[] = [];
  const registry = {
    unconnected: () => processes,
    isDetached: () => false,
    noteFailure: ({ pid }: JvmProcess) => {
      tried.push(pid);
      const next = later.get(pid);
      if (next) processes.push(next);
    },
  } as unknown as JvmRegistry;
  const load = { jar: '/x', options: '', sharedFile };
  await new Attacher(registry, load, watchdog, createLog('silent'), () => undefined).attachAll();
  return tried;
}

test('users take turns: the many JVMs of one hold up no JVM of another', async () => {
  expect(await orderOf([jvm(1, 1_000), jvm(2, 1_000), jvm(3, 1_000), jvm(4, 2_000), jvm(5, 3_000)])).toEqual([
    1, 4, 5, 2, 3,
  ]);
});

test('a JVM that comes while others are attached is next, where they are another user’s', async () => {
  const many = [jvm(1, 1_000), jvm(2, 1_000), jvm(3, 1_000)];
  expect(await orderOf(many, new Map([[1, jvm(9, 2_000)]]))).toEqual([1, 9, 2, 3]);
});

test('no JVM is tried before the first truststore is there', async () => {
  expect(await orderOf([jvm(1, 1_000)], new Map(), '/nowhere/truststore.p12')).toEqual([]);
});
