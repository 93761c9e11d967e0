/** Blanks, line ends, zeros and the end-of-file sign of DOS: what editors and transports leave behind a file. */
export const FILLER: ReadonlySet<number> = new Set([0x00, 0x09, 0x0a, 0x0d, 0x1a, 0x20]);

export function isFiller(bytes: Uint8Array): boolean {
  return bytes.every((byte) => FILLER.has(byte));
}
