import type { Logger } from 'pino';
import { DatabaseFullError, DatabaseUnavailableError, explainDatabaseError } from '../postgres/errors.js';
import { causeOf } from './cause.js';

interface Problem {
  readonly code: string;
  readonly beganAt: number;
  cause: string;
  times: number;
  loggedAt: number;
}

/** A state of this process that operators should know. */
export interface KnownProblem {
  readonly code: string;
  readonly cause: string;
}

/** Agents are many, and each may have a problem: what is beyond is told as one. */
const MAX_SCOPES = 1_000;
const REMIND_MS = 10 * 60_000;
/** Causes that take turns, such as the addresses of one host, are one state. */
const CAUSE_CHANGE_MS = 60_000;

/** Logs each problem once when it begins, once a minute at most when its cause changes, every ten minutes while it lasts, and when it ends. */
export class Problems {
  readonly #log: Logger;
  readonly #remindMs: number;
  readonly #current = new Map<string, Problem>();
  /** Told of every failure that the database's state explains. */
  databaseFailed: (error: Error) => void = () => undefined;

  constructor(log: Logger, { remindMs = REMIND_MS } = {}) {
    this.#log = log;
    this.#remindMs = remindMs;
  }

  /** What lasts now. */
  get current(): readonly KnownProblem[] {
    return [...this.#current.values()].map(({ code, cause }) => ({ code, cause }));
  }

  has(code: string): boolean {
    return this.#current.has(code);
  }

  /** A problem is there, possibly since before. @param scope tells problems of one code apart, such as an environment */
  began(code: string, message: string, error: unknown, scope = ''): void {
    const now = performance.now();
    const cause = causeOf(error);
    const key = this.#current.size < MAX_SCOPES ? keyOf(code, scope) : code;
    const problem = this.#current.get(key) ?? { code, beganAt: now, cause: '', times: 0, loggedAt: -Infinity };
    this.#current.set(key, problem);
    problem.times += 1;
    const quietMs = problem.cause === cause ? this.#remindMs : CAUSE_CHANGE_MS;
    if (now - problem.loggedAt < quietMs) return;
    Object.assign(problem, { cause, loggedAt: now });
    const lastsMs = Math.round(now - problem.beganAt);
    const { times } = problem;
    this.#log.warn({ code, cause, ...(scope && { scope }), ...(times > 1 && { lastsMs, times }) }, message);
  }

  /** The problem, if it was there, is over. */
  ended(code: string, message: string, scope = ''): void {
    const key = keyOf(code, scope);
    const problem = this.#current.get(key);
    if (!problem) return;
    this.#current.delete(key);
    const lastedMs = Math.round(performance.now() - problem.beganAt);
    this.#log.info({ code, ...(scope && { scope }), lastedMs, times: problem.times }, message);
  }

  /** A job that is repeated failed. What the state of the database or of NATS explains is theirs to tell. */
  failed(code: string, message: string, error: unknown, scope = ''): void {
    if (!this.isExplained(error)) this.began(code, message, error, scope);
  }

  /** Whether the state of the database, or of NATS, explains an error; the database's is looked at then. */
  isExplained(error: unknown): boolean {
    const explained = explainDatabaseError(error);
    if (explained instanceof DatabaseUnavailableError || explained instanceof DatabaseFullError) {
      this.databaseFailed(explained);
      return true;
    }
    return (error as { code?: unknown } | undefined)?.code === 'NATS_UNAVAILABLE';
  }
}

function keyOf(code: string, scope: string): string {
  return scope === '' ? code : `${code} ${scope}`;
}
