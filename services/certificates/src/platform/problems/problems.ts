import type { Log } from '@trustcast/config';
import { causeOf } from './cause.js';
import { ProblemReports } from './problem-reports.js';

interface Problem {
  readonly code: string;
  readonly beganAt: number;
  cause: string;
  times: number;
  loggedAt: number;
  /** Parts of the service that report it; it lasts until the last of them reports its end. */
  readonly witnesses: Set<string>;
}

/** A state of this process that operators should know. */
export interface KnownProblem {
  readonly code: string;
  readonly cause: string;
}

/** Maximum number of problems that are reported separately, because each of many agents may have one. */
const MAX_SCOPES = 1_000;
const REMIND_MS = 10 * 60_000;
/** Alternating causes, such as the addresses of one host, count as one state. */
const CAUSE_CHANGE_MS = 60_000;

/** Logs each problem once when it begins, once a minute at most when its cause changes, every ten minutes while it lasts, and when it ends. */
export class Problems extends ProblemReports {
  readonly #log: Log;
  readonly #remindMs: number;
  readonly #current = new Map<string, Problem>();
  /** Called with every failure that the state of the database explains. */
  databaseFailed: (error: Error) => void = () => undefined;

  constructor(log: Log, { remindMs = REMIND_MS } = {}) {
    super();
    this.#log = log;
    this.#remindMs = remindMs;
  }

  /** Current problems. */
  get current(): readonly KnownProblem[] {
    return [...this.#current.values()].map(({ code, cause }) => ({ code, cause }));
  }

  has(code: string): boolean {
    return this.#current.has(code);
  }

  began(code: string, message: string, error: unknown, scope = '', witness = ''): void {
    const now = performance.now();
    const cause = causeOf(error);
    const key = this.#current.size < MAX_SCOPES ? keyOf(code, scope) : code;
    const problem: Problem = this.#current.get(key) ?? {
      code,
      beganAt: now,
      cause: '',
      times: 0,
      loggedAt: -Infinity,
      witnesses: new Set<string>(),
    };
    this.#current.set(key, problem);
    problem.witnesses.add(witness);
    problem.times += 1;
    const quietMs = problem.cause === cause ? this.#remindMs : CAUSE_CHANGE_MS;
    if (now - problem.loggedAt < quietMs) return;
    Object.assign(problem, { cause, loggedAt: now });
    const lastsMs = Math.round(now - problem.beganAt);
    const { times } = problem;
    this.#log.warn(message, { code, cause, ...(scope && { scope }), ...(times > 1 && { lastsMs, times }) });
  }

  ended(code: string, message: string, scope = '', witness = ''): void {
    const key = keyOf(code, scope);
    const problem = this.#current.get(key);
    if (!problem?.witnesses.delete(witness) || problem.witnesses.size > 0) return;
    this.#current.delete(key);
    const lastedMs = Math.round(performance.now() - problem.beganAt);
    this.#log.info(message, { code, ...(scope && { scope }), lastedMs, times: problem.times });
  }

  /** Ends the problems that only a vanished part reported. */
  forget(witness: string, message: string): void {
    for (const key of [...this.#current.keys()]) {
      const [code = '', scope] = key.split(' ', 2);
      this.ended(code, message, scope, witness);
    }
  }

  protected override onDatabaseFailure(error: Error): void {
    this.databaseFailed(error);
  }
}

function keyOf(code: string, scope: string): string {
  return scope === '' ? code : `${code} ${scope}`;
}
