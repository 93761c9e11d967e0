import { createHash } from 'node:crypto';
import { type Grants, UNLIMITED } from '../records/grants.js';

/** Origin of a request, as the audit names it. */
export interface Origin {
  readonly actor: string;
  /** Network address of the client; null: the service itself. */
  readonly address: string | null;
  /** Id of the HTTP request, or of the operation on a WebSocket. */
  readonly requestId: string | null;
}

/** Who changes something. */
export interface Author extends Origin {
  readonly grants: Grants;
}

/** Author of what the service does by itself. */
export const BY_SERVICE: Author = Object.freeze({
  actor: 'service',
  address: null,
  requestId: null,
  grants: UNLIMITED,
});

/** A request that changes something, with the key under which its answer is stored. */
export interface Request extends Author {
  readonly idempotencyKey: string | null;
  readonly requestSha256: Buffer;
  /** Whether lists of subjects may become longer than Java clients take. */
  readonly confirmsIssuerList: boolean;
}

/** Hashes the input of a request, whatever the order of its members. */
export function requestHash(action: string, input: object): Buffer {
  const sorted = JSON.stringify(input, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256').update(`${action}\n${sorted}`).digest();
}
