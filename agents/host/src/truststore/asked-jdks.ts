import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Log } from '@trustcast/config';
import { Pkcs12Writer } from '@trustcast/keystore';
import { BASE_ALIAS_PREFIX, type Entry, MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import type { BaseSource } from '../config.js';
import { createFile } from '../files/create-file.js';
import type { Folder } from '../files/open-folder.js';
import { openOwned } from '../files/owned-folder.js';
import { ownedPath } from '../files/owned-path.js';
import { removeFile } from '../files/remove-file.js';
import { homeOf } from './base.js';

const TIMEOUT_MS = 60_000;
/** Subdirectory of the state while a JDK is asked. */
const NAME = 'asked.p12';
/** Files that a JDK runs; they and their directories must belong to root or to the agent's user. */
const RUN = ['bin/keytool', 'lib/modules', 'lib/server/libjvm.so'];

/** An entry that a JVM reports as unreadable. */
export interface Claim {
  readonly entry: Entry;
  /** The libjvm.so of its process according to the kernel; null where unknown. */
  readonly library: string | null;
  /** False where its user is not trusted. */
  readonly isTrusted: boolean;
}

/** An entry that a JDK was asked about and cannot load. */
export interface Proven {
  readonly entry: Entry;
  /** Home of that JDK. */
  readonly jdk: string;
}

/**
 * Asks JDKs of this host, by their keytool, which certificates they cannot load: no report alone quarantines an entry. The JDK
 * of the base decides; where there is none, the one that the process runs.
 */
export class AskedJdks {
  readonly #base: BaseSource;
  readonly #marker: Entry;
  readonly #state: string;
  readonly #log: Log;
  /** Fingerprints that a JDK was asked about, by its home. */
  readonly #asked = new Map<string, 'loads' | 'fails'>();
  #asking: Promise<void> = Promise.resolve();

  constructor(base: BaseSource, marker: Uint8Array, stateDirectory: string, log: Log) {
    this.#base = base;
    this.#marker = { alias: MARKER_ALIAS, der: marker };
    this.#state = stateDirectory;
    this.#log = log;
  }

  /** The entries that a JDK really cannot load; none where there is no JDK to ask, or no answer. */
  async unloadable(claims: readonly Claim[]): Promise<Proven[]> {
    const proven: Proven[] = [];
    for (const [jdk, entries] of this.#questions(claims)) {
      await (this.#asking = this.#asking.then(() => this.#ask(jdk, entries)));
      for (const entry of entries) if (this.#asked.get(idOf(jdk, entry)) === 'fails') proven.push({ entry, jdk });
    }
    return proven;
  }

  /** The questions to each JDK. No other JDK decides about entries of the base, and reports of untrusted users cause no other run. */
  #questions(claims: readonly Claim[]): ReadonlyMap<string, readonly Entry[]> {
    const ofBase = ownedJdk(homeOf(this.#base));
    const questions = new Map<string, Entry[]>();
    for (const { entry, library, isTrusted } of claims) {
      const isOther = isTrusted && library !== null && !entry.alias.startsWith(BASE_ALIAS_PREFIX);
      const jdk = ofBase ?? (isOther ? ownedJdk(dirname(dirname(dirname(library)))) : null);
      if (jdk !== null) questions.set(jdk, [...(questions.get(jdk) ?? []), entry]);
    }
    return questions;
  }

  async #ask(jdk: string, entries: readonly Entry[]): Promise<void> {
    const open = entries.filter((entry) => !this.#asked.has(idOf(jdk, entry)));
    if (open.length === 0) return;
    let folder: Folder | null = null;
    try {
      folder = openOwned(this.#state);
      const loads = this.#loader(jdk, folder);
      // A keytool that fails for another reason must not quarantine anything.
      if (!(await loads([]))) throw new Error('keytool cannot load a truststore without them');
      const failing = await failingOf(loads, open);
      for (const entry of open) this.#asked.set(idOf(jdk, entry), failing.includes(entry) ? 'fails' : 'loads');
      const aliases = open.map(({ alias }) => alias).slice(0, 100);
      this.#log.warn('a JVM cannot load entries; checked them with a JDK', { aliases, jdk, failing: failing.length });
    } catch (error) {
      this.#log.warn('entries cannot be checked with a JDK', { jdk, error });
    } finally {
      if (folder) removeFile(folder.at(NAME));
      folder?.close();
    }
  }

  /** Asks a JDK with a file in the open directory: keytool reads the written file, whatever has the directory's name. */
  #loader(jdk: string, folder: Folder): Loads {
    const file = folder.at(NAME);
    // The file needs no password; keytool asks for one unless it is given.
    const list = ['-J-Xmx128m', '-list', '-storetype', 'PKCS12', '-keystore', file, '-storepass', 'changeit'];
    return (entries) => {
      removeFile(file);
      createFile(file, new Pkcs12Writer().write([this.#marker, ...entries]));
      return new Promise((resolve, reject) =>
        execFile(join(jdk, 'bin/keytool'), list, { env: {}, timeout: TIMEOUT_MS, maxBuffer: 64 << 20 }, (error) => {
          // 1 is an exception of Java; anything else says nothing about the file.
          if (error === null || error.code === 1) resolve(error === null);
          else reject(new Error('keytool gives no answer', { cause: error }));
        }),
      );
    };
  }
}

type Loads = (entries: readonly Entry[]) => Promise<boolean>;

/** Halves, so that a thousand false claims cost no more than a few runs. */
async function failingOf(loads: Loads, entries: readonly Entry[]): Promise<readonly Entry[]> {
  if (await loads(entries)) return [];
  if (entries.length === 1) return entries;
  const half = entries.length >> 1;
  return [...(await failingOf(loads, entries.slice(0, half))), ...(await failingOf(loads, entries.slice(half)))];
}

function idOf(jdk: string, { der }: Entry): string {
  return `${fingerprintOf(der)} ${jdk}`;
}

/** A JDK home that is safe to run; null where there is none, or where another user could replace it: the agent may be root. */
function ownedJdk(home: string | null): string | null {
  try {
    const owned = home === null ? null : ownedPath(home);
    return owned !== null && RUN.every((file) => ownedPath(join(owned, file)) !== null) ? owned : null;
  } catch {
    return null;
  }
}
