import { formatPosition, isIncomplete } from '@trustcast/schema';
import { type Command, EXIT } from './command.js';
import { notCoveredByLive, leftOutText } from './not-covered-by-live.js';
import { hostJvms, watchCommand } from './host-jvms.js';
import { printableLine, table } from '@trustcast/terminal';

const CONNECTED_BY = { premain: '-javaagent', agentmain: 'attached' } as const;

export const jvms: Command = {
  name: 'jvms',
  summary: 'lists the JVMs of this host with their connection, state and reason',
  help: "Exit codes: 0 every selected JVM is LIVE, 1 some are not, or not all are listed, 77 permission denied: run it as the agent's user or root.\nA process or a path that does not answer ends it by SIGKILL (137), with what to do on standard error.",
  needsService: 'no',
  reads: 'jvms',
  run(config, { out, json }) {
    const { jvms: reports, leftOut } = hostJvms(config, watchCommand(config));
    if (json) out(JSON.stringify({ jvms: reports, leftOut }, null, 2));
    else if (reports.length === 0) out('no JVM runs on this host');
    else {
      out(
        table([
          ['PID', 'JDK', 'CONNECTED', 'STATE', 'REVISION', 'MAIN CLASS', 'WHY NOT'],
          ...reports.map(({ pid, jdkVersion, via, state, at, mainClass, reason }) => [
            String(pid),
            jdkVersion ?? '?',
            via ? CONNECTED_BY[via] : '-',
            state,
            at ? formatPosition(at) : '-',
            mainClass ?? '?',
            reason ?? '',
          ]),
        ]),
      );
      for (const report of reports)
        for (const line of notCoveredByLive(report)) out(printableLine(`pid ${report.pid} ${line}`));
    }
    if (leftOut && !json) out(printableLine(leftOutText(leftOut)));
    const fine = !isIncomplete(leftOut) && reports.every(({ state }) => state === 'LIVE' || state === 'UNMANAGED');
    return Promise.resolve(fine ? EXIT.ok : EXIT.notOk);
  },
};
