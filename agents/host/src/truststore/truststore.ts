import { createHash } from 'node:crypto';
import { type BigIntStats, closeSync, constants, existsSync, openSync, realpathSync, statSync } from 'node:fs';
import { MAX_KEYSTORE_BYTES, Pkcs12Writer } from '@trustcast/keystore';
import { type CertificateSet, type Entry, MARKER_ALIAS, type Position, TrustcastError } from '@trustcast/schema';
import { readCarefully, readStart } from '../files/careful-file.js';
import { unsafeTruststore } from '../state/agent-directory.js';
import { type ReplaceStep, replaceFile } from '../files/replace-file.js';
import { countBags } from './count-bags.js';
import { FileHistory } from './file-history.js';
import { issuerBytes } from './issuer-bytes.js';
import type { WrittenHistory } from './written-history.js';

/** Present where SELinux is enabled. */
const SELINUX = '/sys/fs/selinux/enforce';

/** Content of a truststore. */
export interface TruststoreContent {
  /** Position of the set; null before the first one, with base and marker alone. */
  readonly position: Position | null;
  readonly set: CertificateSet;
  readonly base: readonly Entry[];
  /** Names the quarantined entries; null where there are none. */
  readonly quarantined: string | null;
}

export interface WriteResult {
  /** False where the file had these bytes already. */
  readonly replaced: boolean;
  /** Milliseconds per stage. */
  readonly timings: Readonly<Record<string, number>>;
}

/** The truststore file of this agent's directory. */
export class Truststore {
  readonly #path: string;
  readonly #marker: Entry;
  readonly #history: WrittenHistory;
  readonly #ever: FileHistory;
  readonly #writer: Pkcs12Writer;
  /** State of the file when its content was last verified. */
  #known: { readonly stat: string; readonly sha256: string } | null = null;

  /** @param password of a MAC; undefined: none, so that every reader opens it */
  constructor(path: string, marker: Uint8Array, history: WrittenHistory, password?: string) {
    this.#path = path;
    this.#marker = { alias: MARKER_ALIAS, der: marker };
    this.#history = history;
    // One salt for an environment: the same set gives the same bytes, and the key is derived once.
    const salt = createHash('sha256').update('trustcast truststore salt').update(marker).digest();
    this.#writer = new Pkcs12Writer(password === undefined ? {} : { password, salt });
    this.#ever = new FileHistory(path);
  }

  /**
   * Writes the truststore unless the file has these bytes already. On an error the file is unchanged.
   *
   * @throws TrustcastError `TRUSTSTORE_COUNT`, or the failed system call's error
   */
  write(content: TruststoreContent, onStep: (step: ReplaceStep) => void = () => undefined): WriteResult {
    const timings: Record<string, number> = {};
    let at = performance.now();
    const stage = (name: string): void => {
      const now = performance.now();
      timings[name] = now - at;
      at = now;
    };
    const entries = inOrder(content, this.#marker);
    const pieces = this.#writer.pieces(entries);
    if (countBags(pieces) !== entries.length)
      throw new TrustcastError('TRUSTSTORE_COUNT', 'the truststore does not hold what was put into it');
    const hash = createHash('sha256');
    for (const piece of pieces) hash.update(piece);
    const sha256 = hash.digest('hex');
    stage('build');
    this.#refuseUnsafe();
    const path = resolveLink(this.#path);
    const before = statOrNull(path);
    this.#ever.note(entries, sha256);
    const replaced = this.#currentSha256(path, before) !== sha256;
    if (replaced) {
      this.#refuseForeign(path, before);
      replaceFile(path, pieces, identityOf(path, before), (step) => {
        stage(step);
        onStep(step);
      });
    }
    const stat = statSync(path, { bigint: true });
    this.#known = { stat: stateOf(stat), sha256 };
    this.#history.add({
      sha256,
      position: content.position,
      managed: content.set.size,
      base: content.base.length,
      issuerBytes: issuerBytes(entries),
      quarantined: content.quarantined,
      device: String(stat.dev),
      inode: String(stat.ino),
    });
    return { replaced, timings };
  }

  /** Refuses to replace a file that is neither the agent's nor a keystore: a link, or a wrong directory, led to it. */
  #refuseForeign(path: string, stat: BigIntStats | null): void {
    if (!stat || (path === this.#path && this.#history.last !== null)) return;
    if (this.#history.hasFile(String(stat.dev), String(stat.ino)) || stat.size === 0n) return;
    if (stat.isFile() && isKeystore(startOf(path))) return;
    throw new TrustcastError(
      'TRUSTSTORE_FOREIGN',
      `${path} is neither a truststore of this agent nor a keystore: move it away, or name another directory`,
    );
  }

  /** Refuses a directory that another user could have exchanged since the last check. */
  #refuseUnsafe(): void {
    const unsafe = unsafeTruststore(this.#path);
    if (unsafe) throw unsafe;
  }

  /**
   * Writes the history beside the file again where it was removed.
   *
   * @throws DirectoryError, or the failed system call's error
   */
  restoreHistory(): void {
    this.#refuseUnsafe();
    this.#ever.restore();
  }

  /** True where the file has the bytes written last. Content is read only where the state of the file has changed. */
  isIntact(): boolean {
    const path = resolveLink(this.#path);
    const last = this.#history.last;
    return last !== null && this.#currentSha256(path, statOrNull(path)) === last.sha256;
  }

  #currentSha256(path: string, stat: BigIntStats | null): string | null {
    if (!stat?.isFile()) return null;
    const state = stateOf(stat);
    if (this.#known?.stat !== state) {
      const { bytes } = readCarefully(path, { maxBytes: MAX_KEYSTORE_BYTES, links: false });
      this.#known = { stat: state, sha256: createHash('sha256').update(bytes).digest('hex') };
    }
    return this.#known.sha256;
  }
}

/** Orders managed entries by folded alias, then the marker, then the base in its own order: the same content gives the same bytes. */
function inOrder({ set, base }: TruststoreContent, marker: Entry): Entry[] {
  const managed = [...set].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
  return [...managed, marker, ...base];
}

function identityOf(path: string, before: BigIntStats | null): Parameters<typeof replaceFile>[2] {
  if (!before) return { mode: 0o644, mtimeMs: Date.now() };
  return {
    mode: Number(before.mode & 0o7777n),
    ...(existsSync(SELINUX) ? { labelOf: path } : {}),
    owner: { uid: Number(before.uid), gid: Number(before.gid) },
    // Java looks at the modification time in milliseconds and never at the content.
    mtimeMs: Math.max(Date.now(), Number(before.mtimeMs) + 1),
  };
}

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
}

/** Recognises the first bytes of JKS and JCEKS files, and of a PFX after its length (RFC 7292, 4). */
function isKeystore(start: Buffer): boolean {
  if (['feedfeed', 'cececece'].includes(start.toString('hex', 0, 4))) return true;
  const lengthBytes = (start[1] ?? 0) > 0x80 ? (start[1] ?? 0) & 0x7f : 0;
  return start[0] === 0x30 && start.toString('hex', 2 + lengthBytes, 6 + lengthBytes) === '02010330';
}

function startOf(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readStart(file, 16);
  } finally {
    closeSync(file);
  }
}

function statOrNull(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
