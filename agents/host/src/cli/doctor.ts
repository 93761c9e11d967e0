import { realpathSync } from 'node:fs';
import type { Config } from '../config.js';
import { agentChecks } from '../doctor/agent-checks.js';
import { baseChecks, isOfBase } from '../doctor/base-checks.js';
import { directoryChecks, roomCheck } from '../doctor/directory-checks.js';
import type { Finding } from '../doctor/finding.js';
import { issuerListCheck } from '../doctor/issuer-list-check.js';
import { jarCheck, jvmBaseCheck, jvmBesideCheck, jvmCheck } from '../doctor/jvm-checks.js';
import { leftOutCheck } from '../doctor/left-out-check.js';
import { jvmPasswordCheck } from '../doctor/password-checks.js';
import { quarantineCheck } from '../doctor/quarantine-check.js';
import { environmentCheck, serviceChecks } from '../doctor/service-checks.js';
import { truststoreChecks, truststoreEntries } from '../doctor/truststore-checks.js';
import { usersOfDirectory } from '../jvms/processes/users-of-directory.js';
import type { Watchdog } from '../jvms/processes/watchdog.js';
import { readSnapshot } from '../report/status-snapshot.js';
import { pathsOf } from '../state/agent-directory.js';
import { waitingAgent } from '../state/disk-space.js';
import { lockHolder } from '../state/directory-lock.js';
import { type Command, EXIT } from './command.js';
import { hostJvms, watchCommand } from './host-jvms.js';
import { table } from '@trustcast/terminal';

/** Pids of the JVMs that use the directory of an agent. */
function jvmsOf({ jvmAgentJar: jar, directory }: Config, watchdog: Watchdog): number[] {
  return usersOfDirectory({ jar, directory: realpathSync(directory) }, watchdog).map(({ pid }) => pid);
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'diagnoses why JVMs of this host do not trust what they should',
  help: `Run it as the agent’s user and with the agent’s settings, so that it can check the service as well.
Exit codes: 0 no problem found, 1 at least one problem found.
A process or a path that does not answer ends it by SIGKILL (137), with what to do on standard error.`,
  needsService: 'if-told',
  reads: 'doctor',
  async run(config, { out, json }) {
    const findings: Finding[] = directoryChecks(config);
    findings.push(...roomCheck(config));
    if (findings[0]?.verdict === 'ok') {
      const { state } = pathsOf(config.directory);
      const snapshot = readSnapshot(state);
      const written = truststoreEntries(config);
      const watchdog = watchCommand(config);
      const found = hostJvms(config, watchdog);
      const base = written?.filter(isOfBase) ?? [];
      findings.push(
        ...truststoreChecks(config, () => jvmsOf(config, watchdog)),
        ...issuerListCheck(written),
        ...baseChecks(config, written),
        ...quarantineCheck(config),
        ...agentChecks(lockHolder(state) ?? waitingAgent(config.directory), snapshot),
        ...environmentCheck(config),
        jarCheck(config),
        ...leftOutCheck(found.leftOut),
        ...found.jvms.flatMap((jvm) =>
          watchdog.during(jvm.pid, () => [
            jvmCheck(config, jvm, snapshot?.written ?? null),
            ...jvmBesideCheck(jvm),
            ...jvmPasswordCheck(config, jvm),
            ...jvmBaseCheck(config, jvm, base),
          ]),
        ),
      );
    }
    findings.push(...(await serviceChecks(config)));
    if (json) out(JSON.stringify(findings, null, 2));
    else out(table(findings.map(({ verdict, check, detail }) => [verdict.toUpperCase(), check, detail])));
    return findings.some(({ verdict }) => verdict === 'problem') ? EXIT.notOk : EXIT.ok;
  },
};
