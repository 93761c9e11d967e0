import { createHash } from 'node:crypto';

/** Who asks, and the key under which the answer is kept. */
export interface Request {
  readonly actor: string;
  readonly idempotencyKey: string | null;
  readonly requestSha256: Buffer;
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
