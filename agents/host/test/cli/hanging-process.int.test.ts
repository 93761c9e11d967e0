import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentStatus, isIncomplete } from '@trustcast/schema';
import { type HangingProcess, hangingProcess } from '../support/hanging-process.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
let hanging: HangingProcess;
beforeEach(async () => {
  await (await host.running()).stop();
  hanging = await hangingProcess(join(host.home, 'jdk'), host.directory);
});
afterEach(() => hanging.end());

const marks = (): string[] => readdirSync(join(host.directory, 'state')).filter((name) => name.startsWith('hung-'));
const told = (): RegExp =>
  new RegExp(
    `looking at pid ${hanging.pid} of uid 0 does not come back, .*: end it, or remove state/${marks()[0]} once`,
  );

test('a process that does not answer ends each command, which says so, and the next one leaves it out and names it', async () => {
  const pid = String(hanging.pid);
  const commands = [['jvms'], ['doctor'], ['attach', pid], ['detach', pid]];
  const over = { TRUSTCAST_JVM_AGENT_JAR: hanging.jar };
  const runAll = () => Promise.all(commands.map((words) => host.cli(words, over)));
  for (const { code, out, err } of await runAll()) {
    expect([code, out]).toEqual([null, '']);
    expect(err).toMatch(told());
    expect(err).toMatch(/^trustcast-agent: PROCESS_HUNG: .*Run the command again: it leaves that process out\n$/);
  }
  for (const { code, out, err } of await runAll()) {
    expect([code, err]).toEqual([1, '']);
    expect(out).toMatch(told());
  }
});

test('a process that was left alone is looked at once its mark is removed', async () => {
  await host.cli(['jvms']);
  await hanging.answer();
  expect((await host.cli(['jvms'])).out).toMatch(told());
  rmSync(join(host.directory, 'state', marks()[0]!));
  const { code, out, err } = await host.cli(['jvms', '--json']);
  expect([code, err]).toEqual([1, '']);
  const { jvms, leftOut } = JSON.parse(out) as { jvms: { pid: number; reason: string }[]; leftOut: unknown };
  expect(leftOut).toBe(null);
  expect(jvms).toContainEqual(
    expect.objectContaining({ pid: hanging.pid, reason: expect.stringMatching(/^STARTING|^NO_STATUS/) }),
  );
});

test('a process that does not answer ends the agent, and the next one reports that it left it out', async () => {
  const agent = host.agent();
  await agent.exited;
  expect(agent.output).toMatch(/"msg":"looking at a process hangs"/);
  await host.running();
  const names = ({ leftOut }: AgentStatus): boolean => told().test(leftOut?.reason ?? '');
  expect(isIncomplete((await host.service.status(names)).leftOut)).toBe(true);
});
