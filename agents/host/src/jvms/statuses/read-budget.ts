const MAX_FILES = 2_000;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** Descriptors of a hostile user's process may be many. */
const MAX_LOCK_MS = 100;

interface Share {
  files: number;
  bytes: number;
}

/**
 * What may be read of files of everyone's: of users whose JVMs were selected or who are trusted, of each other user at most a share,
 * and of all others together as much again.
 */
export class ReadBudget {
  readonly #favoured: ReadonlySet<number>;
  readonly #shares = new Map<number, Share>();
  readonly #ours: Share = { files: MAX_FILES, bytes: MAX_BYTES };
  readonly #others: Share = { files: MAX_FILES, bytes: MAX_BYTES / 2 };
  readonly #othersUntil: number;
  #lockMs = MAX_LOCK_MS;

  /** @param othersMs how long files of users that are not favoured are read, from now on: nothing else is done meanwhile */
  constructor(favoured: ReadonlySet<number>, othersMs = Infinity) {
    this.#favoured = favoured;
    this.#othersUntil = performance.now() + othersMs;
  }

  isFavoured(uid: number): boolean {
    return this.#favoured.has(uid);
  }

  /** Takes one file of a user's out of it; false when it does not hold so much. */
  take(uid: number, bytes: number): boolean {
    if (this.#favoured.has(uid)) return take([this.#ours], bytes);
    if (performance.now() > this.#othersUntil) return false;
    let share = this.#shares.get(uid);
    if (!share) this.#shares.set(uid, (share = { files: MAX_FILES / 2, bytes: MAX_BYTES / 4 }));
    return take([share, this.#others], bytes);
  }

  /** Runs a search for locks unless the time for them is used up. */
  locks<T>(read: () => T): T | null {
    if (this.#lockMs <= 0) return null;
    const startedAt = performance.now();
    const locks = read();
    this.#lockMs -= performance.now() - startedAt;
    return locks;
  }
}

function take(shares: readonly Share[], bytes: number): boolean {
  if (shares.some((share) => share.files < 1 || share.bytes < bytes)) return false;
  for (const share of shares) {
    share.files -= 1;
    share.bytes -= bytes;
  }
  return true;
}
