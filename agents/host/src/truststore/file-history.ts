import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { dirname, join } from 'node:path';
import { type Entry, fingerprintOf } from '@trustcast/schema';
import { bootId } from '../jvms/processes/process-facts.js';
import { replaceFile } from '../files/replace-file.js';

/** File beside the truststore that JVMs read. */
export const HISTORY_NAME = 'truststore.history';

const FORMAT = 'trustcast-history/1';
const FINGERPRINT_BYTES = 32;
const KEPT = 100_000;
const TICKS_PER_SECOND = 100;

/**
 * Records every certificate of the truststore, so that a JVM can tell additions of an application from removed certificates. The
 * file has a line `trustcast-history/1 <boot id> <ticks> <sha256>...`, then SHA-256 fingerprints of 32 bytes each: complete for
 * the truststores since that moment of that boot, and written before the ones with these digests.
 */
export class FileHistory {
  readonly #path: string;
  /** Fingerprints in the order of their addition. */
  readonly #fingerprints = new Set<string>();
  readonly #known = new WeakMap<Uint8Array, string>();
  #since = now();
  #digests: readonly string[] = [];

  constructor(truststore: string) {
    this.#path = join(dirname(truststore), HISTORY_NAME);
    this.#load(truststore);
  }

  /**
   * Records the entries of the next truststore; nothing is written where all are known. Not synced: after a power failure no JVM
   * runs that has read an earlier file.
   *
   * @throws the failed system call's error
   */
  note(entries: readonly Entry[], sha256: string): void {
    const before = this.#fingerprints.size;
    const present = entries.map(({ der }) => this.#fingerprint(der));
    for (const fingerprint of present) this.#fingerprints.add(fingerprint);
    if (this.#fingerprints.size === before && this.#digests[0] === sha256) return;
    this.#limit(new Set(present));
    if (this.#digests[0] !== sha256) this.#digests = [sha256, ...this.#digests].slice(0, 2);
    this.#save();
  }

  /** Writes it again where it was removed. @throws the failed system call's error */
  restore(): void {
    if (this.#fingerprints.size > 0 && !existsSync(this.#path)) this.#save();
  }

  #fingerprint(der: Uint8Array): string {
    const known = this.#known.get(der) ?? Buffer.from(fingerprintOf(der), 'hex').toString('latin1');
    this.#known.set(der, known);
    return known;
  }

  /** Begins a new history: forgotten entries may be in a running JVM. */
  #limit(present: ReadonlySet<string>): void {
    if (this.#fingerprints.size <= KEPT) return;
    for (const fingerprint of this.#fingerprints) {
      if (this.#fingerprints.size <= KEPT) break;
      if (!present.has(fingerprint)) this.#fingerprints.delete(fingerprint);
    }
    this.#since = now();
  }

  #save(): void {
    const line = `${[FORMAT, this.#since.bootId, this.#since.ticks, ...this.#digests].join(' ')}\n`;
    const bytes = Buffer.from(line + [...this.#fingerprints].join(''), 'latin1');
    try {
      replaceFile(this.#path, [bytes], { mode: 0o644, isDurable: false });
    } catch (error) {
      this.#digests = [];
      throw error;
    }
  }

  /** Keeps what it knows, and its beginning only where the truststore is still one that it was written with. */
  #load(truststore: string): void {
    const bytes = readOrNull(this.#path);
    const end = bytes?.indexOf('\n') ?? -1;
    if (!bytes || end < 0 || (bytes.length - end - 1) % FINGERPRINT_BYTES !== 0) return;
    const [format, boot, ticks, ...digests] = bytes.toString('latin1', 0, end).split(' ');
    if (format !== FORMAT || boot === undefined || !/^\d{1,15}$/.test(ticks ?? '')) return;
    for (let at = end + 1; at < bytes.length; at += FINGERPRINT_BYTES)
      this.#fingerprints.add(bytes.toString('latin1', at, at + FINGERPRINT_BYTES));
    const present = readOrNull(truststore);
    if (!present || !digests.includes(createHash('sha256').update(present).digest('hex'))) return;
    this.#since = { bootId: boot, ticks: Number(ticks) };
    this.#digests = digests;
  }
}

/** A tick after the start of every process so far. */
function now(): { bootId: string; ticks: number } {
  return { bootId: bootId(), ticks: Math.ceil(uptime() * TICKS_PER_SECOND) + 1 };
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
