/** A cursor of a list that is in the order of numbers; only good for lists of the same kind. */
export function encodeNumberCursor(kind: string, number: number): string {
  return Buffer.from(`${kind} ${number}`).toString('base64url');
}

/** undefined: not a cursor of this kind. */
export function decodeNumberCursor(kind: string, text: string): number | undefined {
  const [given, number = ''] = Buffer.from(text, 'base64url').toString('utf8').split(' ');
  return given === kind && /^\d{1,15}$/.test(number) ? Number(number) : undefined;
}
