import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jvmHomes } from '../../support/jdk-homes.js';
import { reportsOf } from '../../support/reports-of.js';
import { useHost, useJava } from '../../support/use-host.js';

const JVMS = await jvmHomes();
const host = useHost();
const start = useJava(host);
const java: typeof start = (home, options = [], wrapper) => start(home, [host.selected, ...options], wrapper);
const reported = reportsOf(host);

describe.each(JVMS)('%s', (home) => {
  test('refuses attach as a JVM that would die of it, or cannot be reached, and says why', async () => {
    const noSignals = await java(home, ['-Xrs']);
    const disabled = await java(home, ['-XX:+DisableAttachMechanism']);
    await host.running(host.attaching());
    expect((await reported(noSignals, ({ reason }) => reason?.startsWith('ATTACH_NO_SIGQUIT') === true)).state).toBe(
      'FAILED',
    );
    expect((await reported(disabled, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true)).state).toBe(
      'UNSUPPORTED',
    );
    expect(noSignals.isRunning).toBe(true);
    expect(disabled.output).toBe('ready\n');
  });

  test('that switches attach off by a file or a variable is refused without a signal', async () => {
    const [options, flags] = [join(host.home, 'options'), join(host.home, 'flags')];
    writeFileSync(options, '-XX:+DisableAttachMechanism');
    writeFileSync(flags, '+DisableAttachMechanism');
    const disabled = [
      await java(home, ['-Da=b', `@${options}`]),
      await java(home, [`-XX:Flags=${flags}`]),
      await java(home, ['-Da=b'], ['env', `JDK_JAVA_OPTIONS=@${options}`]),
      await java(home, ['-Da=b'], ['env', 'JAVA_TOOL_OPTIONS=-XX:+DisableAttachMechanism']),
    ];
    await host.running(host.attaching());
    for (const jvm of disabled) {
      await reported(jvm, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true);
      expect(jvm.output).not.toContain('Full thread dump');
    }
  });

  test('that has no performance data is refused by the files that its options name, but for their comments', async () => {
    const [off, commented, flags] = ['off', 'commented', 'flags'].map((name) => join(host.home, name));
    writeFileSync(off!, '-Da=b\n"-XX:+DisableAttachMechanism"');
    writeFileSync(commented!, '-Da=b # -XX:+DisableAttachMechanism');
    writeFileSync(flags!, '+DisableAttachMechanism');
    const noData = '-XX:-UsePerfData';
    const disabled = [
      await java(home, [noData, `@${off}`]),
      // Its working directory is the root.
      await java(home, [noData, `@${off!.slice(1)}`]),
      await java(home, [noData, `-XX:Flags=${flags}`]),
      await java(home, [noData, `-XX:VMOptionsFile=${off}`]),
      await java(home, [noData], ['env', `JDK_JAVA_OPTIONS=@${off}`]),
    ];
    const enabled = await java(home, [noData, `@${commented}`]);
    await host.running(host.attaching());
    for (const jvm of disabled) {
      await reported(jvm, ({ reason }) => reason?.startsWith('ATTACH_DISABLED') === true);
      expect(jvm.output).not.toContain('Full thread dump');
    }
    await reported(enabled, ({ state }) => state === 'LIVE');
  });

  test('with dynamic loading switched off is told as such, although it answers 0', async () => {
    if (!hasOption(home, 'EnableDynamicAgentLoading')) return;
    const jvm = await java(home, ['-XX:-EnableDynamicAgentLoading']);
    await host.running(host.attaching());
    const report = await reported(jvm, ({ reason }) => reason !== null && reason !== 'ATTACH_PENDING');
    expect(report.reason).toMatch(/^ATTACH_(DYNAMIC_LOADING_OFF)/);
    expect(report.state).toBe('UNSUPPORTED');
  });
});

function hasOption(home: string, option: string): boolean {
  return execFileSync(join(home, 'bin/java'), ['-XX:+PrintFlagsFinal', '-version'], { stdio: 'pipe' }).includes(option);
}
