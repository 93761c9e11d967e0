import { existsSync } from 'node:fs';
import type { Log } from '@trustcast/config';
import { AttachError } from '../../errors.js';
import { type Load, attach } from './attach.js';
import type { JvmRegistry } from '../jvm-registry.js';
import { processId } from '../processes/process-id.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import type { Watchdog } from '../processes/watchdog.js';
import { FIRST_STATUS_MS } from '../silence/silence.js';

const RETRY_MS = [2_000, 5_000, 15_000, 60_000, 300_000];

interface Tries {
  count: number;
  notBefore: number;
}

/**
 * Attaches the selected JVMs that are neither connected nor detached by hand, one after the other, and does not retry where
 * that is useless. An attach may take many seconds, and any user may start JVMs whose command line is selected: users take
 * turns, so that nobody's many hold up another's few.
 */
export class Attacher {
  readonly #registry: JvmRegistry;
  readonly #load: Load;
  readonly #watchdog: Watchdog;
  readonly #log: Log;
  readonly #changed: () => void;
  #tries = new Map<string, Tries>();
  /** The turn in which each user came last. */
  #turns = new Map<number, number>();
  #turn = 0;
  #busy = false;

  constructor(registry: JvmRegistry, load: Load, watchdog: Watchdog, log: Log, changed: () => void) {
    this.#watchdog = watchdog;
    this.#registry = registry;
    this.#load = load;
    this.#log = log;
    this.#changed = changed;
  }

  async attachAll(): Promise<void> {
    // Before the first truststore there is nothing to attach to, nor to compare with what a JVM sees.
    if (this.#busy || !existsSync(this.#load.sharedFile)) return;
    this.#busy = true;
    try {
      for (let next = this.#next(); next; next = this.#next()) await this.#attach(next);
    } finally {
      this.#busy = false;
    }
  }

  /** The JVM that is due, of the user whose turn was longest ago, with the fewest tries. */
  #next(): JvmProcess | undefined {
    const processes = this.#registry.unconnected();
    const ids = new Set(processes.map(processId));
    const uids = new Set(processes.map(({ uid }) => uid));
    this.#tries = new Map([...this.#tries].filter(([id]) => ids.has(id)));
    this.#turns = new Map([...this.#turns].filter(([uid]) => uids.has(uid)));
    const now = Date.now();
    const turnOf = ({ uid }: JvmProcess): number => this.#turns.get(uid) ?? 0;
    const [next] = processes
      .filter((process) => now >= this.#triesOf(process).notBefore && !this.#registry.isDetached(process))
      .sort((one, other) => turnOf(one) - turnOf(other) || this.#triesOf(one).count - this.#triesOf(other).count);
    if (next) this.#turns.set(next.uid, (this.#turn += 1));
    return next;
  }

  #triesOf(process: JvmProcess): Tries {
    return this.#tries.get(processId(process)) ?? { count: 0, notBefore: 0 };
  }

  async #attach(process: JvmProcess): Promise<void> {
    const id = processId(process);
    const tries = this.#triesOf(process);
    const { pid } = process;
    const startedAt = performance.now();
    try {
      const supervise = <Result>(work: () => Result): Result => this.#watchdog.during(pid, work);
      await attach(process, this.#load, { supervise });
      this.#tries.set(id, { ...tries, notBefore: Date.now() + FIRST_STATUS_MS });
      this.#registry.noteAttached(process);
      this.#log.info('attached', { pid, ms: round(performance.now() - startedAt) });
    } catch (error) {
      const failure = error instanceof AttachError ? error : new AttachError('ATTACH_FAILED', String(error));
      const delayMs = failure.remember ? Infinity : (RETRY_MS[tries.count] ?? RETRY_MS.at(-1) ?? Infinity);
      this.#tries.set(id, { count: tries.count + 1, notBefore: Date.now() + delayMs });
      const state = failure.remember ? 'UNSUPPORTED' : 'FAILED';
      this.#registry.noteFailure(process, { state, reason: `${failure.code}: ${failure.message}` });
      this.#log.warn('not attached', { pid, error: failure, retries: !failure.remember });
    }
    this.#changed();
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
