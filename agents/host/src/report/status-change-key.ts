import type { AgentStatus } from '@trustcast/schema';

/**
 * The part of a status whose change is reported at once, as text to compare. Its time and the exact clock offset are not part of
 * it. Of refused messages each doubling is: their sender must not decide how often the agent reports.
 */
export function statusChangeKey(status: AgentStatus): string {
  const { sequence: _sequence, sentAt: _sentAt, clockOffsetMs: _clockOffsetMs, refused, ...news } = status;
  const doublings = Object.entries(refused).map(([code, count]) => [code, Math.floor(Math.log2(count))]);
  return JSON.stringify([news, doublings]);
}
