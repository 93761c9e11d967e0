/** Milliseconds as they are logged: to the microsecond. */
export function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
