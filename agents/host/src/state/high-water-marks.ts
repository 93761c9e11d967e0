import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '@trustcast/config';
import { type SetScope, decode } from '@trustcast/schema';
import type { HighWaterMark } from '../distribution/acceptance.js';
import { DirectoryError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';
import type { Accepted } from './state-store.js';

/** A mark with its signed statement, which shows the service that its database was restored. */
export interface KeptMark extends HighWaterMark {
  readonly compact: string;
}

const MAX_BYTES = 1_024 * 1_024;

/**
 * Stores for good the furthest accepted position of each environment of each installation. Nothing earlier is accepted,
 * whatever the agent receives later and whatever else of its state is lost.
 */
export class HighWaterMarks {
  readonly #path: string;
  readonly #marks: Map<string, KeptMark>;

  /** @throws DirectoryError `STATE_DAMAGED`, or the failed system call's error */
  constructor(stateDirectory: string) {
    this.#path = join(stateDirectory, 'high-water-marks.json');
    this.#marks = read(this.#path);
  }

  of(scope: SetScope): KeptMark | null {
    return this.#marks.get(keyOf(scope)) ?? null;
  }

  /** Stores an accepted position durably. */
  keep({ statement, compact }: Accepted): void {
    const { epoch, revision, digest } = statement;
    const known = this.of(statement);
    if (known && (known.epoch > epoch || (known.epoch === epoch && known.revision >= revision))) return;
    this.#marks.set(keyOf(statement), { epoch, revision, digest, compact });
    this.save();
  }

  /** Keeps another signature of the same position. */
  signAgain({ statement, compact }: Accepted): void {
    const known = this.of(statement);
    if (known?.epoch !== statement.epoch || known.revision !== statement.revision) return;
    this.#marks.set(keyOf(statement), { ...known, compact });
    this.save();
  }

  /** Forgets a position that only the word of a key stands for that was taken back. */
  forget(scope: SetScope): void {
    if (this.#marks.delete(keyOf(scope))) this.save();
  }

  get isEmpty(): boolean {
    return this.#marks.size === 0;
  }

  save(): void {
    replaceFile(this.#path, [Buffer.from(JSON.stringify(Object.fromEntries(this.#marks)))], { mode: 0o600 });
  }
}

function keyOf({ installation, environment }: SetScope): string {
  return `${installation}/${environment}`;
}

function read(path: string): Map<string, KeptMark> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return new Map();
    throw error;
  }
  try {
    return parse(bytes);
  } catch (cause) {
    const message = `${path} is damaged: restore it, or remove it to accept again what this host was at before`;
    throw new DirectoryError('STATE_DAMAGED', message, { cause });
  }
}

function parse(bytes: Buffer): Map<string, KeptMark> {
  const marks = decode.object(decode.json(bytes, MAX_BYTES, 'marks'), 'marks');
  return new Map(
    Object.entries(marks).map(([key, value]) => {
      const mark = decode.object(value, key);
      return [
        key,
        {
          epoch: decode.count(mark.epoch, `${key}.epoch`),
          revision: decode.count(mark.revision, `${key}.revision`),
          digest: decode.sha256Hex(mark.digest, `${key}.digest`),
          compact: decode.text(mark.compact, `${key}.compact`, 8 * 1_024),
        },
      ];
    }),
  );
}
