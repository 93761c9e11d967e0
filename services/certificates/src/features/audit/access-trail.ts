import type { Log } from '@trustcast/config';
import { BY_SERVICE, type Origin } from '../requests/request.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { recordAudit } from './sql/write-audit.js';

/** What was done that changes nothing, or was not let in. */
export interface Access {
  readonly action:
    | 'authenticationFailed'
    | 'accessDenied'
    | 'registerAgentRefused'
    | 'enrollAgentRefused'
    | 'exportFile'
    | 'certificateFile'
    | 'truststoreFile';
  readonly environments?: readonly string[];
  readonly certificateId?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

interface Window {
  /** Keys that have a record of their own, with how often they came again. */
  readonly again: Map<string, { readonly origin: Origin; readonly access: Access; times: number }>;
  /** Came when there was no room for a record of their own. */
  others: number;
}

export const TRAIL = { windowMs: 60_000, recordsEach: 20 };

/**
 * Records accesses in the audit, at most so many of an action in a window: the first of each kind at once, how often
 * it came again and how many others there were at the end. Whoever asks a million times leaves a few records.
 */
export class AccessTrail {
  readonly #options: { readonly sql: Sql; readonly log: Log; readonly onNoted: (action: Access['action']) => void };
  readonly #windows = new Map<Access['action'], Window>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    options: { readonly sql: Sql; readonly log: Log; readonly onNoted: (action: Access['action']) => void },
    windowMs = TRAIL.windowMs,
  ) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#flush(), windowMs).unref();
  }

  /** Resolves when the record is written, if it has one of its own. */
  async note(origin: Origin, access: Access): Promise<void> {
    this.#options.onNoted(access.action);
    const window = this.#windows.get(access.action) ?? { again: new Map<string, never>(), others: 0 };
    this.#windows.set(access.action, window);
    const key = JSON.stringify([origin.actor, origin.address, access]);
    const known = window.again.get(key);
    if (known) known.times++;
    else if (window.again.size >= TRAIL.recordsEach) window.others++;
    else {
      window.again.set(key, { origin, access, times: 0 });
      await this.#write(origin, access);
    }
  }

  /** Notes what nobody waits for. */
  mention(origin: Origin, access: Access): void {
    this.note(origin, access).catch((error: unknown) =>
      this.#options.log.warn('an access could not be recorded in the audit', { error, action: access.action }),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const windows = [...this.#windows];
    this.#windows.clear();
    try {
      for (const [action, { again, others }] of windows) {
        for (const { origin, access, times } of again.values())
          if (times > 0) await this.#write(origin, { ...access, details: { ...access.details, again: times } });
        if (others > 0) await this.#write(BY_SERVICE, { action, details: { others } });
      }
    } catch (error) {
      this.#options.log.warn('accesses could not be recorded in the audit', { error });
    }
  }

  #write(origin: Origin, { environments, ...entry }: Access): Promise<void> {
    return recordAudit(this.#options.sql, origin, entry, environments ? { environments } : {});
  }
}
