import { expect, test } from '@jest/globals';
import { existsSync, rmSync, statSync } from 'node:fs';
import { leaveSocket } from '../../support/fixtures.js';
import { jdkHomes } from '../../support/jdk-homes.js';
import { useHost, useJava } from '../../support/use-host.js';

const [jdk = ''] = await jdkHomes();
const host = useHost();
const start = useJava(host);

/** Starts what follows as a user under a pid of its own namespace; it keeps the standard input. */
function underPid(pid: number, uid: number): string[] {
  const next = `echo ${pid - 1} > /proc/sys/kernel/ns_last_pid`;
  const asUser = `setpriv --reuid=${uid} --regid=${uid} --clear-groups`;
  const script = `exec 3<&0; ${next}; ${asUser} "$0" "$@" <&3 & wait`;
  return ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script];
}

test('a JVM is attached although an earlier process of another user has left its socket under the same pid', async () => {
  const nsPid = 20_000 + (process.pid % 10_000);
  const socket = `/tmp/.java_pid${nsPid}`;
  rmSync(socket, { force: true });
  leaveSocket(socket, 65_533);
  host.onStop(() => {
    rmSync(socket, { force: true });
    return Promise.resolve();
  });
  // The JVM may not remove it: /tmp is sticky.
  await start(jdk, [host.selected], underPid(nsPid, 65_534));
  expect(existsSync(socket)).toBe(true);
  await host.running(host.attaching());
  await host.service.status(
    ({ jvms }) => jvms.some(({ state, via }) => state === 'LIVE' && via === 'agentmain'),
    30_000,
  );
  expect(statSync(socket).uid).toBe(65_534);
});
