import { join } from 'node:path';
import type { Log } from '@trustcast/config';
import { type CertificateSet, type Entry, fingerprintOf, foldAlias } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import { replaceFile } from '../files/replace-file.js';
import { Lifted } from './lifted.js';
import type { TruststoreContent } from './truststore.js';

/** A quarantined entry, with which a JDK cannot load the truststore. */
export interface Quarantined {
  readonly alias: string;
  readonly fingerprint: string;
  /** Home of the JDK that was asked and cannot load it. */
  readonly jdk: string;
}

/** Stores the quarantined entries. One returns when its alias gets another certificate, or when it is lifted. */
export class Quarantine {
  readonly #path: string;
  readonly #log: Log;
  readonly #lifted: Lifted;
  #entries: readonly Quarantined[];

  constructor(stateDirectory: string, log: Log) {
    this.#path = join(stateDirectory, 'quarantine.json');
    this.#log = log;
    this.#lifted = new Lifted(stateDirectory);
    this.#entries = load(this.#path).filter((one) => !this.#lifted.has(one));
  }

  get entries(): readonly Quarantined[] {
    return this.#entries;
  }

  /** `QUARANTINED: <aliases>`, or null where none is quarantined. */
  get reason(): string | null {
    if (this.#entries.length === 0) return null;
    return `QUARANTINED: ${this.#entries.map(({ alias }) => alias).join(', ')}`.slice(0, 1_000);
  }

  /** Quarantines entries; true where any of them is new. */
  add(found: readonly Quarantined[]): boolean {
    const fresh = found.filter((one) => !this.#entries.some((known) => isSame(known, one)) && !this.#lifted.has(one));
    if (fresh.length === 0) return false;
    for (const { alias, fingerprint, jdk } of fresh)
      this.#log.error('an entry was quarantined because a JDK cannot load it', {
        alias,
        fingerprint,
        jdk,
      });
    this.#keep([...this.#entries, ...fresh]);
    return true;
  }

  /** Releases entries that were lifted by hand; true where there were any. */
  refresh(): boolean {
    const left = this.#entries.filter((one) => !this.#lifted.has(one));
    if (left.length === this.#entries.length) return false;
    this.#log.info('quarantined entries were restored manually', {
      aliases: this.#entries.filter((one) => !left.includes(one)).map(({ alias }) => alias),
    });
    this.#keep(left);
    return true;
  }

  /** The entries that may be written. Forgets quarantined entries that are in neither set nor base any more. */
  admit(set: CertificateSet, base: readonly Entry[]): Omit<TruststoreContent, 'position'> {
    this.refresh();
    if (this.#entries.length === 0) return { set, base, quarantined: null };
    const out = [...set.values(), ...base].filter((entry) => this.holds(entry)).map((entry) => quarantined(entry, ''));
    const left = this.#entries.filter((known) => out.some((entry) => isSame(known, entry)));
    if (left.length < this.#entries.length) this.#keep(left);
    return {
      set: new Map([...set].filter(([, entry]) => !this.holds(entry))),
      base: base.filter((entry) => !this.holds(entry)),
      quarantined: this.reason,
    };
  }

  /** True where the entry is quarantined. */
  holds(entry: Entry): boolean {
    const folded = foldAlias(entry.alias);
    return this.#entries.some(
      ({ alias, fingerprint }) => foldAlias(alias) === folded && fingerprint === fingerprintOf(entry.der),
    );
  }

  /** Writes it again where it was removed. */
  restore(): void {
    this.#keep(this.#entries);
  }

  #keep(entries: readonly Quarantined[]): void {
    this.#entries = entries;
    try {
      replaceFile(this.#path, [Buffer.from(JSON.stringify(entries))], { mode: 0o600 });
    } catch (error) {
      this.#log.warn('the quarantine cannot be written', { error });
    }
  }
}

/** Describes an entry for the quarantine. */
export function quarantined({ alias, der }: Entry, jdk: string): Quarantined {
  return { alias, fingerprint: fingerprintOf(der), jdk };
}

function isSame(one: Quarantined, other: Quarantined): boolean {
  return foldAlias(one.alias) === foldAlias(other.alias) && one.fingerprint === other.fingerprint;
}

function load(path: string): readonly Quarantined[] {
  try {
    const list: unknown = JSON.parse(readOwn(path));
    return Array.isArray(list) ? list.filter(isProven) : [];
  } catch {
    return [];
  }
}

/** False for entries that an older agent quarantined by the report of a JVM alone, without asking a JDK. */
function isProven(one: unknown): one is Quarantined {
  const { alias, fingerprint, jdk } = (one ?? {}) as Partial<Record<keyof Quarantined, unknown>>;
  return [alias, fingerprint, jdk].every((field) => typeof field === 'string');
}
