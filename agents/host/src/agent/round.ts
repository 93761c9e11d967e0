/** Rounds milliseconds to microseconds, as they are logged. */
export function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
