import { join } from 'node:path';
import type { Log } from '@trustcast/config';
import type { AgentStatus } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { removeOwn } from '../files/remove-file.js';
import { replaceFile } from '../files/replace-file.js';

const SAVE_AFTER_MS = 500;

/** What `trustcast-agent status` shows: the last report and whether it could be sent. */
export interface Snapshot extends AgentStatus {
  readonly connected: boolean;
}

/** Writes the last status to a file for the command line, outside the path of events. */
export class StatusSnapshot {
  readonly #path: string;
  readonly #log: Log;
  #latest: Snapshot | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(stateDirectory: string, log: Log) {
    this.#path = snapshotPath(stateDirectory);
    this.#log = log;
  }

  take(status: AgentStatus, connected: boolean): void {
    this.#latest = { ...status, connected };
    this.#timer ??= setTimeout(() => this.#save(), SAVE_AFTER_MS);
  }

  stop(): void {
    if (this.#timer) this.#save();
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      replaceFile(this.#path, [Buffer.from(JSON.stringify(this.#latest))], { mode: 0o600 });
    } catch (error) {
      this.#log.debug('status file not written', { error });
      // The previous one is out of date.
      this.#forget();
    }
  }

  #forget(): void {
    try {
      removeOwn(this.#path);
    } catch {
      // It stays where nothing can be written.
    }
  }
}

/** Null when the agent has never run on this directory, or it may not be read. */
export function readSnapshot(stateDirectory: string): Snapshot | null {
  try {
    return JSON.parse(readOwn(snapshotPath(stateDirectory))) as Snapshot;
  } catch {
    return null;
  }
}

function snapshotPath(stateDirectory: string): string {
  return join(stateDirectory, 'status.json');
}
