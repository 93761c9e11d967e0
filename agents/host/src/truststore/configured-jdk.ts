import { execFile } from 'node:child_process';
import { realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Pkcs12Writer } from '@trustcast/keystore';
import { type Entry, MARKER_ALIAS, fingerprintOf } from '@trustcast/schema';
import type { BaseSource } from '../config.js';
import type { Log } from '../log.js';
import { homeOf } from './base.js';

const TIMEOUT_MS = 60_000;
/** What a JDK runs of its own; all of it, and what lies on the way, must be root's or ours. */
const RUN = ['bin/keytool', 'lib/modules', 'lib/server/libjvm.so'];

/**
 * The JDK of the base, asked by its keytool which certificates it cannot load: the word of a JVM whose user nobody named is
 * not enough to keep an entry out.
 */
export class ConfiguredJdk {
  readonly #keytool: string | null;
  readonly #marker: Entry;
  readonly #file: string;
  readonly #log: Log;
  /** Fingerprints that it was asked about. */
  readonly #asked = new Map<string, 'loads' | 'fails'>();
  #asking: Promise<void> = Promise.resolve();

  constructor(base: BaseSource, marker: Uint8Array, stateDirectory: string, log: Log) {
    this.#keytool = keytoolOf(base);
    this.#marker = { alias: MARKER_ALIAS, der: marker };
    this.#file = join(stateDirectory, 'asked.p12');
    this.#log = log;
  }

  /** Those that it cannot load; none where there is no JDK, or it gives no answer. */
  async unloadable(entries: readonly Entry[]): Promise<Entry[]> {
    if (entries.length === 0) return [];
    await (this.#asking = this.#asking.then(() => this.#ask(entries)));
    return entries.filter((entry) => this.#asked.get(fingerprintOf(entry.der)) === 'fails');
  }

  async #ask(entries: readonly Entry[]): Promise<void> {
    const open = entries.filter((entry) => !this.#asked.has(fingerprintOf(entry.der)));
    if (open.length === 0 || this.#keytool === null) return;
    try {
      // A keytool that fails for a reason of its own must not condemn anything.
      if (!(await this.#loads([]))) throw new Error('keytool cannot load a truststore without them');
      const failing = await this.#failing(open);
      for (const entry of open) this.#asked.set(fingerprintOf(entry.der), failing.includes(entry) ? 'fails' : 'loads');
      const aliases = open.map(({ alias }) => alias).slice(0, 100);
      this.#log.warn('a JVM cannot load entries; the JDK of the base was asked', { aliases, failing: failing.length });
    } catch (error) {
      this.#log.warn('the JDK of the base cannot be asked whether it loads entries', { error });
    } finally {
      rmSync(this.#file, { force: true });
    }
  }

  /** Halves, so that a thousand false claims cost no more than a few runs. */
  async #failing(entries: readonly Entry[]): Promise<readonly Entry[]> {
    if (await this.#loads(entries)) return [];
    if (entries.length === 1) return entries;
    const half = entries.length >> 1;
    return [...(await this.#failing(entries.slice(0, half))), ...(await this.#failing(entries.slice(half)))];
  }

  #loads(entries: readonly Entry[]): Promise<boolean> {
    writeFileSync(this.#file, new Pkcs12Writer().write([this.#marker, ...entries]), { mode: 0o600 });
    // The file needs no password; keytool asks for one unless it is given.
    const list = ['-J-Xmx128m', '-list', '-storetype', 'PKCS12', '-keystore', this.#file, '-storepass', 'changeit'];
    return new Promise((resolve, reject) =>
      execFile(this.#keytool ?? '', list, { env: {}, timeout: TIMEOUT_MS, maxBuffer: 64 << 20 }, (error) => {
        // 1 is an exception of Java; anything else says nothing about the file.
        if (error === null || error.code === 1) resolve(error === null);
        else reject(new Error('keytool gives no answer', { cause: error }));
      }),
    );
  }
}

/** Null where there is none, or another user could have put something in its place: the agent may be root. */
function keytoolOf(base: BaseSource): string | null {
  try {
    const home = homeOf(base);
    if (home === null) return null;
    const files = RUN.map((file) => realpathSync(join(home, file)));
    return files.every(isOursAlone) ? (files[0] ?? null) : null;
  } catch {
    return null;
  }
}

function isOursAlone(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0);
    if ((uid !== 0 && uid !== process.geteuid?.()) || writable) return false;
    if (at === dirname(at)) return true;
  }
}
