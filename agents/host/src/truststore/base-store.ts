import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@trustcast/config';
import type { Entry } from '@trustcast/schema';
import type { BaseSource } from '../config.js';
import { BaseError } from '../errors.js';
import { replaceFile } from '../files/replace-file.js';
import { baseFileOf, parseBase, readBase } from './base.js';

/** Stores the base CAs. The last good copy stays: an unreadable base never shrinks the truststore. */
export class BaseStore {
  readonly #source: BaseSource;
  readonly #password: string | undefined;
  readonly #copy: string;
  #entries: readonly Entry[] | null = null;
  #seen = '';
  #problem: BaseError | null = null;
  /** Entries without a stored copy. */
  #unkept: Buffer | null = null;

  constructor(source: BaseSource, password: string | undefined, stateDirectory: string) {
    this.#source = source;
    this.#password = password;
    this.#copy = join(stateDirectory, 'base.keystore');
  }

  get entries(): readonly Entry[] {
    return this.#entries ?? [];
  }

  /** Reason why the base could not be read the last time; null where it could. */
  get problem(): BaseError | null {
    return this.#problem;
  }

  /**
   * Reads the base where its file has changed; true where the entries have changed.
   *
   * @throws BaseError when it cannot be read and there is no copy of a good one
   */
  refresh(): boolean {
    const isOther = this.#refresh();
    this.#keep();
    return isOther;
  }

  #refresh(): boolean {
    try {
      const path = baseFileOf(this.#source);
      const seen = path === null ? 'none' : fileState(path);
      if (this.#entries && seen === this.#seen) return false;
      const before = this.#entries;
      this.#entries = path === null ? [] : this.#read(path);
      this.#seen = seen;
      this.#problem = null;
      return before === null || !sameEntries(before, this.#entries);
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
      this.#problem = error;
      if (this.#entries) return false;
      this.#entries = this.#readCopy(error);
      return true;
    }
  }

  #read(path: string): Entry[] {
    const { bytes, entries } = readBase(path, this.#password);
    this.#unkept = readOrNull(this.#copy)?.equals(bytes) === true ? null : bytes;
    return entries;
  }

  /** Stores a copy of a good base; without room it is retried later, and the truststore does not wait for it. */
  #keep(): void {
    if (this.#unkept === null) return;
    try {
      replaceFile(this.#copy, [this.#unkept], { mode: 0o600 });
      this.#unkept = null;
      if (this.#problem?.code === 'BASE_NOT_KEPT') this.#problem = null;
    } catch (cause) {
      this.#problem = new BaseError('BASE_NOT_KEPT', `no copy of the base can be written: ${errnoOf(cause)}`, cause);
    }
  }

  /** False where the copy of a base was removed. */
  isKept(): boolean {
    return this.#source.kind === 'none' || this.#problem !== null || existsSync(this.#copy);
  }

  /** Writes the copy again. @throws BaseError */
  restore(): void {
    const path = baseFileOf(this.#source);
    if (path === null) return;
    this.#unkept = readBase(path, this.#password).bytes;
    this.#keep();
  }

  #readCopy(problem: BaseError): Entry[] {
    const bytes = readOrNull(this.#copy);
    if (!bytes) throw problem;
    return parseBase(bytes, this.#copy, this.#password);
  }
}

function fileState(path: string): string {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return [path, dev, ino, size, mtimeMs].join(' ');
  } catch (cause) {
    throw new BaseError('BASE_UNREADABLE', `${path} cannot be read`, cause);
  }
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

function sameEntries(a: readonly Entry[], b: readonly Entry[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ alias, der }, index) => alias === b[index]?.alias && Buffer.compare(der, b[index].der) === 0)
  );
}
