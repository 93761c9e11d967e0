/** Rounds milliseconds to microseconds, as they are logged. */
export function roundToMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
