/** True for the 1st, 2nd, 4th, 8th… of equal events: logging only these, a host that stays cut off does not fill its disk. */
export function isDoubling(count: number): boolean {
  return (count & (count - 1)) === 0;
}
