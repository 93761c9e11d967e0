/** A cursor of a list in the order of texts; only good for lists of the same kind. */
export function encodeTextCursor(kind: string, ...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify([kind, ...parts])).toString('base64url');
}

/** undefined: not a cursor of this kind with so many parts. */
export function decodeTextCursor(kind: string, count: number, text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== count + 1 || value[0] !== kind) return undefined;
    const parts = value.slice(1) as unknown[];
    // PostgreSQL takes no NUL.
    return parts.every((part): part is string => typeof part === 'string' && !part.includes('\0')) ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** A time as PostgreSQL writes it. */
export function isTimeText(text: string): boolean {
  return /^\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-]\d\d(:\d\d)?$/.test(text);
}
