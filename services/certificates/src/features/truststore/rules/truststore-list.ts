export const TRUSTSTORE_ORIGINS = ['MANAGED', 'BASE'] as const;
/** Where an entry of a truststore comes from. */
export type TruststoreOrigin = (typeof TRUSTSTORE_ORIGINS)[number];

export interface TruststoreFilter {
  readonly text?: string | null;
  readonly origin?: TruststoreOrigin | null;
  readonly expiringWithinDays?: number | null;
}

/** Where a page ended. */
export interface TruststoreCursor {
  readonly origin: TruststoreOrigin;
  readonly aliasKey: string;
  readonly fingerprint: string;
}

export function encodeTruststoreCursor({ origin, aliasKey, fingerprint }: TruststoreCursor): string {
  return Buffer.from(JSON.stringify([origin, aliasKey, fingerprint])).toString('base64url');
}

/** undefined: not a cursor of a truststore. */
export function decodeTruststoreCursor(text: string): TruststoreCursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 3) return undefined;
    const [origin, aliasKey, fingerprint] = value as unknown[];
    const isOrigin = (item: unknown): item is TruststoreOrigin => TRUSTSTORE_ORIGINS.some((name) => name === item);
    return isOrigin(origin) && isText(aliasKey) && isText(fingerprint) ? { origin, aliasKey, fingerprint } : undefined;
  } catch {
    return undefined;
  }
}

/** PostgreSQL takes no NUL. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}
