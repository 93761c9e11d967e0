import { createHash } from 'node:crypto';
import { type ProcessFacts, bootId } from './process-facts.js';

/** 32 lower-case hex characters over boot id, pid and start ticks. */
export function processId({ pid, startTicks }: Pick<ProcessFacts, 'pid' | 'startTicks'>): string {
  return createHash('sha256').update(`${bootId()} ${pid} ${startTicks}`).digest('hex').slice(0, 32);
}
