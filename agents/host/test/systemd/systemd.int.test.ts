import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NotifySocket } from '../support/notify-socket.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
const UNIT = fileURLToPath(
  new URL('../../../../../deploy/linux/trustcast-agent/trustcast-agent.service', import.meta.url),
);
let systemd: NotifySocket;
beforeEach(async () => {
  systemd = await NotifySocket.in(host.home);
});
afterEach(() => systemd.stop());
const told = (over = {}): Record<string, string> => ({ NOTIFY_SOCKET: systemd.path, ...over });

test('systemd is told READY once the truststore is there, also with the service away, and how the agent is', async () => {
  await host.service.stopHttp();
  const agent = host.agent(told());
  await systemd.heard((line) => line === 'READY=1');
  expect(existsSync(host.truststore)).toBe(true);
  await systemd.heard((line) => line.startsWith('STATUS=STALE SERVICE_PORT_CLOSED: '));
  await host.service.listen();
  await systemd.heard((line) => line === 'STATUS=WRITTEN');
  await agent.stop();
  await systemd.heard((line) => line === 'STOPPING=1');
  expect(systemd.said.filter((line) => line === 'READY=1')).toHaveLength(1);
});

test('systemd’s watchdog gets a sign of life more often than it asks for, and none of an agent that hangs', async () => {
  const agent = host.agent(told({ WATCHDOG_USEC: '600000' }));
  await systemd.heard((line) => line === 'WATCHDOG=1', 3);
  const [, usec] = /^WatchdogSec=(\d+)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  expect(Number(usec)).toBeGreaterThan(10);
  agent.kill('SIGSTOP');
  // What was on its way arrives first.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const before = systemd.said.length;
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(systemd.said.length).toBe(before);
  agent.kill('SIGCONT');
  await systemd.heard((line) => line === 'WATCHDOG=1', before + 1);
});

test('an agent that no service manager has started tells nobody', async () => {
  const agent = host.agent();
  await agent.line('connected');
  expect(systemd.said).toEqual([]);
  expect(agent.lines.filter(({ level }) => level !== 'info')).toEqual([]);
});
