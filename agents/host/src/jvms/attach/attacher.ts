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
 * that is useless.
 */
export class Attacher {
  readonly #registry: JvmRegistry;
  readonly #load: Load;
  readonly #watchdog: Watchdog;
  readonly #log: Log;
  readonly #changed: () => void;
  #tries = new Map<string, Tries>();
  #busy = false;

  constructor(registry: JvmRegistry, load: Load, watchdog: Watchdog, log: Log, changed: () => void) {
    this.#watchdog = watchdog;
    this.#registry = registry;
    this.#load = load;
    this.#log = log;
    this.#changed = changed;
  }

  async attachAll(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const processes = this.#registry.unconnected();
      const ids = new Set(processes.map(processId));
      this.#tries = new Map([...this.#tries].filter(([id]) => ids.has(id)));
      for (const process of processes) await this.#attach(process);
    } finally {
      this.#busy = false;
    }
  }

  async #attach(process: JvmProcess): Promise<void> {
    const id = processId(process);
    const tries = this.#tries.get(id) ?? { count: 0, notBefore: 0 };
    if (Date.now() < tries.notBefore || this.#registry.isDetached(process)) return;
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
