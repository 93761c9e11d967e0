import { parentPort } from 'node:worker_threads';
import type { ChosenContent } from '../domain/admit-certificate.js';
import type { FieldPath } from '../domain/refusal.js';
import { type Readers, readers } from './readers.js';

export interface Reading {
  readonly reader: keyof Readers;
  readonly content: ChosenContent;
  readonly at: FieldPath;
}

/** The thread of a ReaderPool: an answer for each reading. */
parentPort?.on('message', ({ reader, content, at }: Reading) => parentPort?.postMessage(readers[reader](content, at)));
