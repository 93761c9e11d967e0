import type { AgentStatus } from '@trustcast/schema';

/**
 * What of a status is worth a report of its own, as text to compare. When it was made is no news, nor how far the clocks are
 * apart to the millisecond. Of what is refused each doubling is: whoever sends it does not decide how often we report.
 */
export function newsIn(status: AgentStatus): string {
  const { sequence: _sequence, sentAt: _sentAt, clockOffsetMs: _clockOffsetMs, refused, ...news } = status;
  const doublings = Object.entries(refused).map(([code, count]) => [code, Math.floor(Math.log2(count))]);
  return JSON.stringify([news, doublings]);
}
