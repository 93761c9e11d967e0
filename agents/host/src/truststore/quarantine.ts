import { join } from 'node:path';
import { type CertificateSet, type Entry, fingerprintOf, foldAlias } from '@trustcast/schema';
import { readOwn } from '../files/own-file.js';
import type { Log } from '../log.js';
import { replaceFile } from '../state/durable-file.js';
import type { TruststoreContent } from './truststore.js';

/** An entry that is kept out of the truststore, because the JVMs of a JDK cannot load the file with it. */
export interface Quarantined {
  readonly alias: string;
  readonly fingerprint: string;
  readonly jdkVersion: string;
}

/** Remembers which entries are kept out. An entry comes back when its alias gets another certificate. */
export class Quarantine {
  readonly #path: string;
  readonly #log: Log;
  #entries: readonly Quarantined[];

  constructor(stateDirectory: string, log: Log) {
    this.#path = join(stateDirectory, 'quarantine.json');
    this.#log = log;
    this.#entries = load(this.#path);
  }

  /** `QUARANTINED: <aliases>`, or null when nothing is kept out. */
  get reason(): string | null {
    if (this.#entries.length === 0) return null;
    return `QUARANTINED: ${this.#entries.map(({ alias }) => alias).join(', ')}`.slice(0, 1_000);
  }

  /** Keeps entries out from now on; true when any of them was not before. */
  add(found: readonly Quarantined[]): boolean {
    const fresh = found.filter((one) => !this.#entries.some((known) => isSame(known, one)));
    if (fresh.length === 0) return false;
    for (const { alias, fingerprint, jdkVersion } of fresh)
      this.#log.error('an entry is kept out of the truststore: no JVM of this JDK can load it', {
        alias,
        fingerprint,
        jdkVersion,
      });
    this.#keep([...this.#entries, ...fresh]);
    return true;
  }

  /** The entries that may be written. Forgets what is in neither set nor base any more. */
  admit(set: CertificateSet, base: readonly Entry[]): Omit<TruststoreContent, 'position'> {
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

  /** True when the entry is kept out. */
  holds(entry: Entry): boolean {
    const folded = foldAlias(entry.alias);
    return this.#entries.some(
      ({ alias, fingerprint }) => foldAlias(alias) === folded && fingerprint === fingerprintOf(entry.der),
    );
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

/** The quarantine's view of an entry. */
export function quarantined({ alias, der }: Entry, jdkVersion: string): Quarantined {
  return { alias, fingerprint: fingerprintOf(der), jdkVersion };
}

function isSame(one: Quarantined, other: Quarantined): boolean {
  return foldAlias(one.alias) === foldAlias(other.alias) && one.fingerprint === other.fingerprint;
}

function load(path: string): readonly Quarantined[] {
  try {
    const list: unknown = JSON.parse(readOwn(path));
    return Array.isArray(list) ? (list as Quarantined[]) : [];
  } catch {
    return [];
  }
}
