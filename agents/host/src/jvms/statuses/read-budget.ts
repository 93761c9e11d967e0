const MAX_FILES = 2_000;
const MAX_BYTES = 16 * 1_024 * 1_024;
/** Time limit for locks: a hostile process may have many descriptors. */
const MAX_LOCK_MS = 100;

interface Share {
  files: number;
  bytes: number;
}

/**
 * Limits how much is read from files that everyone may write: all files of selected and trusted users, at most a share of each
 * other user's, and as much again of all others together.
 */
export class ReadBudget {
  readonly #favoured: ReadonlySet<number>;
  readonly #shares = new Map<number, Share>();
  readonly #ours: Share = { files: MAX_FILES, bytes: MAX_BYTES };
  readonly #others: Share = { files: MAX_FILES, bytes: MAX_BYTES / 2 };
  readonly #othersUntil: number;
  #lockMs = MAX_LOCK_MS;

  /** @param othersMs time limit, from now on, for files of users that are not favoured: nothing else runs meanwhile */
  constructor(favoured: ReadonlySet<number>, othersMs = Infinity) {
    this.#favoured = favoured;
    this.#othersUntil = performance.now() + othersMs;
  }

  isFavoured(uid: number): boolean {
    return this.#favoured.has(uid);
  }

  /** Takes one file of a user from the budget; false where that is exceeded. */
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
