import { describe, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJvms } from '@trustcast/dev/setup/find-jdks.mjs';
import type { AgentStatus } from '@trustcast/schema';
import { doctor } from './doctor.js';
import { JAR } from './host.js';
import type { JvmProcess } from './jvm-process.js';
import { useHost, useJava } from './use-host.js';

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
async function reported({ pid }: JvmProcess, said: string): Promise<void> {
  const matches = ({ jvms }: AgentStatus): boolean =>
    jvms.some((jvm) => jvm.pid === pid && `${jvm.state} ${jvm.reason ?? ''}`.trim() === said);
  await host.service.status(matches, 60_000);
}

describe.each(homes)('%s with a Security Manager', (home) => {
  test('whose policy does not grant the jar: attach and doctor name that cause, and the application goes on', async () => {
    const jvm = await start(home, managed());
    await host.running(host.attaching());
    await reported(jvm, `FAILED ATTACHED_NO_STATUS: ${CAUSE}`);
    const attached = await host.cli(['attach', String(jvm.pid)], { TRUSTCAST_JVM_AGENT_JAR: JAR });
    expect(attached.code).toBe(1);
    expect(attached.out).toContain(`pid ${jvm.pid}  attached  ATTACHED_NO_STATUS: ${CAUSE}  `);
    const { of } = await doctor(host, host.attaching());
    expect(of(`JVM ${jvm.pid}`).join()).toContain(CAUSE);
    expect(jvm.isRunning).toBe(true);
  });

  test('and -javaagent without the grant: doctor names that cause, and the application starts', async () => {
    const jvm = await start(home, [...managed(), host.javaagent]);
    await host.running();
    await reported(jvm, `FAILED ${CAUSE}`);
    const { of } = await doctor(host);
    expect(of(`JVM ${jvm.pid}`).join()).toContain(CAUSE);
  });

  test('whose policy grants the jar, as the documentation says: it is LIVE', async () => {
    const grant = `grant codeBase "file:${JAR}" { permission java.security.AllPermission; };\n`;
    const jvm = await start(home, [...managed(grant), host.javaagent]);
    await host.running();
    await reported(jvm, 'LIVE');
  });
});
