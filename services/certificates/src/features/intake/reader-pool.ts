import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Reading } from './reader-thread.js';
import type { Readers } from './readers.js';

export interface ReaderLimits {
  readonly threads: number;
  /** Readings that wait for a thread, each with its content in memory. */
  readonly waiting: number;
  readonly timeoutMs: number;
  /** Of JavaScript's heap; the content itself and what is decoded of it lie outside, and are bounded by its size. */
  readonly memoryMb: number;
}

const DEFAULTS: ReaderLimits = { threads: 2, waiting: 16, timeoutMs: 10_000, memoryMb: 128 };
const LARGE_BYTES = 8 * 1024 * 1024;
const THREAD = new URL('reader-thread.js', import.meta.url);

/** What was not read; `message` says what was too much. */
export class UnreadError extends Error {}

type Answer<Name extends keyof Readers> = Awaited<ReturnType<Readers[Name]>>;

/** Threads that read one thing at a time; one that takes too long or too much is ended, and nothing else is. */
export class ReaderPool {
  readonly #limits: ReaderLimits;
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: Partial<ReaderLimits> = {}) {
    this.#limits = { ...DEFAULTS, ...limits };
  }

  /** @throws UnreadError */
  async read<Name extends keyof Readers>(reader: Name, ...given: Parameters<Readers[Name]>): Promise<Answer<Name>> {
    const { threads, waiting } = this.#limits;
    if (this.#running < threads) this.#running++;
    else if (this.#waiting.length < waiting) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else throw new UnreadError('too much is being read at the moment: try again');
    try {
      return await this.#readNow<Name>({ reader, given });
    } finally {
      // Whoever waits takes the place over: nobody comes between.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }

  /** Ends the threads; nothing may be running. */
  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((thread) => thread.terminate()));
  }

  async #readNow<Name extends keyof Readers>(reading: Reading<Name>): Promise<Answer<Name>> {
    const { timeoutMs, memoryMb } = this.#limits;
    const thread = this.#idle.pop() ?? this.#newThread();
    const timeout = AbortSignal.timeout(timeoutMs);
    const isLarge = sizeOf(reading.given) > LARGE_BYTES;
    thread.postMessage(reading, wholeBuffers(reading.given));
    try {
      const [result] = (await once(thread, 'message', { signal: timeout })) as [Answer<Name>];
      // What a large reading took stays with its thread: it would add up with that of the next ones.
      if (isLarge) await thread.terminate();
      else this.#idle.push(thread);
      return result;
    } catch (error) {
      await thread.terminate();
      if (timeout.aborted) throw new UnreadError(`reading it takes more than ${timeoutMs / 1000} s`);
      if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
        throw new UnreadError(`reading it takes more than ${memoryMb} MB of memory`);
      throw error;
    }
  }

  #newThread(): Worker {
    const thread = new Worker(THREAD, { resourceLimits: { maxOldGenerationSizeMb: this.#limits.memoryMb } });
    // An error that nobody waits for would end the process.
    thread.on('error', () => undefined);
    thread.on('exit', () => {
      const index = this.#idle.indexOf(thread);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    return thread;
  }
}

/** Bodies of requests are handed over, not copied: nobody reads them after that. */
function wholeBuffers(given: readonly unknown[]): ArrayBuffer[] {
  return given.flatMap((value) =>
    value instanceof Uint8Array && value.buffer instanceof ArrayBuffer && value.byteLength === value.buffer.byteLength
      ? [value.buffer]
      : [],
  );
}

/** Bytes or characters of what is read, by itself or as the content of something. */
function sizeOf(given: readonly unknown[]): number {
  return given.reduce<number>((sum, value) => {
    const content: unknown = isRecord(value) && 'content' in value ? value.content : value;
    if (typeof content === 'string') return sum + content.length;
    return content instanceof Uint8Array ? sum + content.byteLength : sum;
  }, 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}
