import { CLOCK_SKEW_MS } from '@trustcast/schema';
import type { Snapshot } from '../report/status-snapshot.js';
import { type Finding, notice, ok, problem } from './finding.js';

const CLOCK_NOTICE_MS = 30_000;

export function agentChecks(pid: number | null, snapshot: Snapshot | null): Finding[] {
  if (pid === null) return [problem('agent', 'is not running')];
  if (!snapshot) return [notice('agent', `pid ${pid} has not reported yet`)];
  const { state, reason, connected, clockOffsetMs, refused } = snapshot;
  const why = reason === null ? '' : `: ${reason}`;
  const counters = Object.entries(refused).filter(([code]) => code !== 'OLD');
  return [
    agentCheck(state, reason, `pid ${pid}, ${state}${why}`),
    connected ? ok('NATS', 'connected') : problem('NATS', 'not connected; changes are fetched over HTTP with delay'),
    clockCheck(clockOffsetMs),
    ...counters.map(([code, count]) => notice('refused messages', `${count} times ${code}`)),
  ];
}

/** Classifies the reason of a written truststore: a restored drift is a notice, everything else needs somebody to act. */
function agentCheck(state: string, reason: string | null, detail: string): Finding {
  if (state !== 'WRITTEN') return problem('agent', detail);
  if (reason === null) return ok('agent', detail);
  return (reason === 'DRIFT_RESTORED' ? notice : problem)('agent', detail);
}

function clockCheck(offsetMs: number | null): Finding {
  if (offsetMs === null) return notice('clock', 'not compared with the service yet');
  const detail = `${offsetMs} ms to the service`;
  if (Math.abs(offsetMs) > CLOCK_SKEW_MS) return problem('clock', `${detail}: nothing is accepted`);
  return Math.abs(offsetMs) > CLOCK_NOTICE_MS ? notice('clock', detail) : ok('clock', detail);
}
