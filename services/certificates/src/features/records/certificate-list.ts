import { isUuid } from './is-uuid.js';
import type { Page } from './paging/page.js';
import { isTimeText } from './paging/text-cursor.js';

export interface CertificateFilter {
  readonly environment?: string | null;
  readonly text?: string | null;
  readonly fingerprint?: string | null;
  readonly expiringWithinDays?: number | null;
  readonly live?: boolean | null;
}

export const CERTIFICATE_SORT_KEYS = ['NAME', 'CREATED_AT', 'UPDATED_AT', 'NOT_AFTER'] as const;

export interface CertificateOrder {
  readonly by: (typeof CERTIFICATE_SORT_KEYS)[number];
  readonly descending: boolean;
}

/** Where a page ended: the value that it is sorted by, and the id for those that have the same. */
export interface Cursor {
  readonly sortKey: string;
  readonly id: string;
}

export interface CertificatePage extends Page<Cursor> {
  readonly filter: CertificateFilter;
  readonly order: CertificateOrder;
}

/** A cursor is only good for the order that it came from. */
export function encodeCursor({ by }: CertificateOrder, { sortKey, id }: Cursor): string {
  return Buffer.from(JSON.stringify([by, sortKey, id])).toString('base64url');
}

/** undefined: not a cursor of this order. */
export function decodeCursor({ by }: CertificateOrder, text: string): Cursor | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (!Array.isArray(value) || value.length !== 3 || value[0] !== by) return undefined;
    const [, sortKey, id] = value as unknown[];
    if (typeof sortKey !== 'string' || typeof id !== 'string' || !isUuid(id) || sortKey.includes('\0'))
      return undefined;
    return by === 'NAME' || isTimeText(sortKey) ? { sortKey, id } : undefined;
  } catch {
    return undefined;
  }
}
