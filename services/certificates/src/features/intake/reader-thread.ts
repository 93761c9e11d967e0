import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { type Readers, readers } from './readers.js';

export interface Reading<Name extends keyof Readers = keyof Readers> {
  readonly reader: Name;
  readonly given: Parameters<Readers[Name]>;
}

/** What is shared is copied here: not everything that reads bytes takes memory that another thread could change. */
function unshared(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.buffer instanceof SharedArrayBuffer ? Buffer.from(value) : value;
  if (typeof value !== 'object' || value === null || !('content' in value)) return value;
  return { ...value, content: unshared(value.content) };
}

async function answer({ reader, given }: Reading): Promise<void> {
  const read = readers[reader] as (...args: unknown[]) => unknown;
  parentPort?.postMessage(await read(...given.map(unshared)));
}

/** The thread that answers everybody goes before this one. Linux knows priorities of threads; elsewhere it would be the process's. */
if (parentPort && process.platform === 'linux') setPriority(Math.min(19, getPriority() + 5));

/** The thread of a ReaderPool: an answer for each reading; what fails unexpectedly ends it. */
parentPort?.on('message', (reading: Reading) => void answer(reading));
