import { join } from 'node:path';
import { type Position, comparePositions } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from '../files/replace-file.js';

/** A truststore written by this agent. */
export interface Written {
  /** SHA-256 of the file's bytes, lower-case hex. */
  readonly sha256: string;
  /** Position of its set; null for base and marker alone, before the first set. */
  readonly position: Position | null;
  readonly managed: number;
  readonly base: number;
  /** Bytes of all subjects, each with 2 bytes of length; missing where an earlier agent wrote it. */
  readonly issuerBytes?: number;
  /** Quarantined entries, so that no JVM with this file is LIVE; missing where an earlier agent wrote it. */
  readonly quarantined?: string | null;
  /** Device and inode as decimal digits. */
  readonly device: string;
  readonly inode: string;
}

const KEPT = 512;

/** The latest truststores, which map the bytes that a JVM has loaded to a position. */
export class WrittenHistory {
  readonly #path: string;
  readonly #written: Written[];

  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'written.json');
    this.#written = load(this.#path);
  }

  get last(): Written | null {
    return this.#written.at(-1) ?? null;
  }

  /** Adds a truststore. The same bytes at two revisions map to the later one: the sets are the same. */
  add(written: Written): void {
    this.#written.push(written);
    if (this.#written.length > KEPT) this.#written.splice(0, this.#written.length - KEPT);
  }

  clear(): void {
    this.#written.length = 0;
  }

  /** The latest truststore with these bytes; null where there is none. */
  bySha256(sha256: string): Written | null {
    let found: Written | null = null;
    for (const written of this.#written)
      if (written.sha256 === sha256 && (!found || after(written.position, found.position))) found = written;
    return found;
  }

  /** True when the agent has once written the file with this device and inode. */
  hasFile(device: string, inode: string): boolean {
    return this.#written.some((written) => written.device === device && written.inode === inode);
  }

  /** Not synced: after a crash the file on disk is the one thing that must be known, and that is computed again. */
  save(): void {
    replaceFile(this.#path, [Buffer.from(JSON.stringify(this.#written))], { mode: 0o600 });
  }
}

function after(a: Position | null, b: Position | null): boolean {
  return a !== null && (b === null || comparePositions(a, b) >= 0);
}

function load(path: string): Written[] {
  try {
    const list: unknown = JSON.parse(readOwn(path));
    return Array.isArray(list) ? (list as Written[]).slice(-KEPT) : [];
  } catch {
    return [];
  }
}
