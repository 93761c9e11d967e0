import { formatPosition } from '@trustcast/schema';
import { printableLine } from '@trustcast/terminal';
import { DirectoryError } from '../errors.js';
import { type Snapshot, readSnapshot } from '../report/status-snapshot.js';
import { existingDirectory, pathsOf } from '../state/agent-directory.js';
import { roomProblem, waitingAgent } from '../state/disk-space.js';
import { lockHolder } from '../state/directory-lock.js';
import { leftOutText } from './not-covered-by-live.js';
import { issuerListText } from '../doctor/issuer-list-check.js';
import { type Command, EXIT } from './command.js';

export const status: Command = {
  name: 'status',
  summary: 'shows what the agent of this directory has written and reported',
  help: "Exit codes: 0 running and WRITTEN, 1 running in another state, 3 not running, 77 permission denied: run it as the agent's user or root.",
  needsService: 'no',
  reads: 'directory',
  run(config, { out, json }) {
    const { state, truststore } = pathsOf(config.directory);
    refuseOthers(config.directory);
    const holder = lockHolder(state);
    const pid = holder ?? waitingAgent(config.directory);
    // One that waits for room has written nothing: what is there is of before.
    const snapshot = pid === null || holder !== null ? readSnapshot(state) : null;
    const room = pid !== null && snapshot === null ? roomProblem(config.directory, pid) : null;
    const code = pid === null ? EXIT.notRunning : snapshot?.state === 'WRITTEN' ? EXIT.ok : EXIT.notOk;
    if (json) out(JSON.stringify({ directory: config.directory, pid, ...failureOf(room), ...snapshot }, null, 2));
    else
      out(
        [
          ...headOf(config.environment, pid),
          ...(room === null
            ? linesOf(snapshot, truststore, pid)
            : [`state        FAILED (${failureOf(room)?.reason ?? ''})`]),
        ]
          .map(printableLine)
          .join('\n'),
      );
    return Promise.resolve(code);
  },
};

/** Nothing can be written that would say so. */
function failureOf(room: string | null): { state: 'FAILED'; reason: string } | null {
  return room === null ? null : { state: 'FAILED', reason: `STATE_NOT_WRITTEN: ${room}` };
}

/** What may not be read would look as if no agent were there. */
function refuseOthers(directory: string): void {
  try {
    existingDirectory(directory);
  } catch (error) {
    if (!(error instanceof DirectoryError) || error.code !== 'DIRECTORY_MISSING') throw error;
  }
}

function headOf(environment: string, pid: number | null): string[] {
  return [`environment  ${environment}`, `agent        ${pid === null ? 'not running' : `pid ${pid}`}`];
}

function linesOf(snapshot: Snapshot | null, truststore: string, pid: number | null): string[] {
  if (!snapshot)
    return [`state        unknown: ${pid === null ? 'no agent has run on this directory' : 'it has not reported yet'}`];
  const {
    state,
    reason,
    written,
    managed,
    base,
    issuerBytes,
    connected,
    clockOffsetMs,
    refused,
    jvms,
    leftOut,
    sentAt,
  } = snapshot;
  const counts = new Map<string, number>();
  for (const jvm of jvms) counts.set(jvm.state, (counts.get(jvm.state) ?? 0) + 1);
  return [
    `state        ${state}${reason === null ? '' : ` (${reason})`}, ${new Date(sentAt).toISOString()}`,
    `truststore   ${truststore}`,
    `             ${written ? `revision ${formatPosition(written)}` : 'no revision yet'}, ${managed} managed, ${base} base`,
    ...(issuerBytes == null ? [] : [`             ${issuerListText(issuerBytes)}`]),
    `NATS         ${connected ? 'connected' : 'not connected'}`,
    `clock        ${clockOffsetMs === null ? 'not compared' : `${clockOffsetMs} ms to the service`}`,
    `refused      ${
      Object.entries(refused)
        .map(([code, count]) => `${code} ${count}`)
        .join(', ') || 'nothing'
    }`,
    `JVMs         ${[...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'none'}`,
    ...(leftOut ? [`             ${leftOutText(leftOut)}`] : []),
  ];
}
