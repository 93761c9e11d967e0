import { createHash } from 'node:crypto';

/** Who asks, and from where, as the audit names them. */
export interface Origin {
  readonly actor: string;
  /** Network address; null: the service itself. */
  readonly address: string | null;
  /** Of the HTTP request, or of the operation on a WebSocket. */
  readonly requestId: string | null;
}

/** What the service does by itself. */
export const BY_SERVICE: Origin = Object.freeze({ actor: 'service', address: null, requestId: null });

/** The key under which an answer is kept. */
export interface Request extends Origin {
  readonly idempotencyKey: string | null;
  readonly requestSha256: Buffer;
  /** Whether lists of subjects may become longer than Java clients take. */
  readonly confirmsIssuerList: boolean;
}

/** Hashes what was asked, whatever the order of its members. */
export function requestHash(action: string, input: object): Buffer {
  const sorted = JSON.stringify(input, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(`${action}\n${sorted}`).digest();
}
