import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import type { AgentStatus } from '@trustcast/schema';
import { doctor } from '../../support/doctor.js';
import { JAR } from '../../support/host.js';
import type { JvmProcess } from '../../support/jvm-process.js';
import { useHost, useJava } from '../../support/use-host.js';

const CAUSE = 'SECURITY_MANAGER: it runs with a Security Manager, whose policy must grant the jar AllPermission';
const host = useHost();
const start = useJava(host);

/** The Javas that can have one: none from 24 on. */
const homes = (await findJvms()).filter(({ major }) => major < 24).map(({ home }) => home);

/** A Security Manager whose policy grants this, and the application nothing. */
function managed(grants = ''): string[] {
  const policy = join(host.home, 'policy');
  writeFileSync(policy, `grant { permission java.util.PropertyPermission "*", "read"; };\n${grants}`);
  return [host.selected, '-Djava.security.manager', `-Djava.security.policy==${policy}`];
}

/** Waits until the host reports the JVM so. */
async function reported({ pid }: JvmProcess, said: RegExp): Promise<void> {
  const matches = ({ jvms }: AgentStatus): boolean =>
    jvms.some((jvm) => jvm.pid === pid && said.test(`${jvm.state} ${jvm.reason ?? ''}`.trim()));
  await host.service.status(matches, 60_000);
}

const startAll = (options: readonly string[]): Promise<JvmProcess[]> =>
  Promise.all(homes.map((home) => start(home, options)));
const SUSPECTED = new RegExp(`^LOADED STARTING: .*; ${CAUSE}$`);

describe(`with a Security Manager, on each of ${homes.join(', ')}`, () => {
  test('whose policy does not grant the jar: attach and doctor name that cause, and the application goes on', async () => {
    const jvms = await startAll(managed());
    await host.running(host.attaching());
    for (const jvm of jvms) await reported(jvm, SUSPECTED);
    const attached = await host.cli(['attach', ...jvms.map(({ pid }) => String(pid))], {
      TRUSTCAST_JVM_AGENT_JAR: JAR,
    });
    expect(attached.code).toBe(1);
    for (const { pid } of jvms) expect(attached.out).toContain(`pid ${pid}  attached  ATTACHED_NO_STATUS: ${CAUSE}  `);
    for (const jvm of jvms) await reported(jvm, new RegExp(`^FAILED ATTACHED_NO_STATUS: ${CAUSE}$`));
    const { of } = await doctor(host, host.attaching());
    for (const { pid } of jvms) expect(of(`JVM ${pid}`).join()).toContain(CAUSE);
    expect(jvms.every(({ isRunning }) => isRunning)).toBe(true);
  }, 90_000);

  test('and -javaagent without the grant: doctor names that cause, and the application starts', async () => {
    const jvms = await startAll([...managed(), host.javaagent]);
    await host.running();
    for (const jvm of jvms) await reported(jvm, SUSPECTED);
    const { of } = await doctor(host);
    for (const { pid } of jvms) expect(of(`JVM ${pid}`).join()).toContain(CAUSE);
  });

  test('whose policy grants the jar, as the documentation says: it is LIVE', async () => {
    const grant = `grant codeBase "file:${JAR}" { permission java.security.AllPermission; };\n`;
    const jvms = await startAll([...managed(grant), host.javaagent]);
    await host.running();
    for (const jvm of jvms) await reported(jvm, /^LIVE$/);
  });
});
