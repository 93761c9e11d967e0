import { TrustcastError } from '@trustcast/schema';
import type { Log } from '@trustcast/config';
import { isDoubling } from '../doubling.js';

/** Source of a message: a NATS subject, or the answer to a request. */
export type MessageSource = 'changed' | 'heartbeat' | 'answer';

/** Counts refused messages by reason, and logs every doubling. */
export class RefusedMessages {
  readonly #log: Log;
  readonly #counts: Record<string, number> = {};

  constructor(log: Log) {
    this.#log = log;
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  add(code: string, source: MessageSource): void {
    const count = (this.#counts[code] ?? 0) + 1;
    this.#counts[code] = count;
    if (code !== 'OLD' && isDoubling(count)) this.#log.warn('message refused', { code, source, count });
  }
}

/** The reason by which a message is counted. */
export function codeOf(error: unknown): string {
  return error instanceof TrustcastError ? error.code : 'MALFORMED';
}
