import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '@trustcast/config';
import {
  type CertificateSet,
  type ChangeMessage,
  EMPTY_SET,
  type Statement,
  applyDelta,
  comparePositions,
  digestOf,
} from '@trustcast/schema';
import { inOwned } from '../files/owned-folder.js';
import { Journal, readJournal } from './journal.js';

/** An accepted statement and its set. */
export interface Accepted {
  readonly statement: Statement;
  /** The signed statement in compact form. */
  readonly compact: string;
  readonly set: CertificateSet;
}

const NOWHERE = { epoch: -1, revision: -1 };

/** Deltas are folded into a whole set once they weigh this much more than it. */
const SPARE_BYTES = 1024 * 1024;

/** Stores the accepted set, with one previous generation. */
export class StateStore {
  readonly #path: string;
  #journal: Journal | null = null;
  #wholeBytes = 0;

  constructor(directory: string) {
    this.#path = join(directory, 'set.journal');
  }

  /**
   * Loads the newest valid state: records intact, statement signed by a key that `verify` accepts, digest right. `damaged` means
   * that something newer was invalid, `isDisowned` that it is intact and its signer is no longer trusted.
   */
  load(verify: (compact: string) => Statement): { accepted: Accepted | null; damaged: boolean; isDisowned: boolean } {
    const disowned: string[] = [];
    const believe = (compact: string): Statement => {
      try {
        return verify(compact);
      } catch (error) {
        if (errnoOf(error) === 'SIGNATURE_KEY_UNKNOWN') disowned.push(compact);
        throw error;
      }
    };
    const current = readJournal(this.#path);
    if (current) {
      const accepted = replay(current.messages, believe);
      if (accepted) {
        this.#journal = Journal.open(this.#path, current.intactBytes);
        return { accepted, damaged: !current.complete, isDisowned: false };
      }
    }
    const previous = readJournal(`${this.#path}.previous`);
    const accepted = previous && replay(previous.messages, believe);
    if (previous && accepted) {
      // Back under its own name, so that the next generation keeps this one and not the damaged one.
      inOwned(this.#path, ({ at }, name) => renameSync(at(`${name}.previous`), at(name)));
      this.#journal = Journal.open(this.#path, previous.intactBytes);
    }
    const isDisowned = disowned.length > 0;
    return { accepted, damaged: !isDisowned && (current !== null || previous !== null), isDisowned };
  }

  /** False where the saved state was removed. */
  isThere(): boolean {
    return this.#journal === null || this.#journal.isAt(this.#path);
  }

  /** Writes the whole accepted set, as after a loss. */
  rewrite(accepted: Accepted): void {
    this.#startGeneration(accepted);
  }

  /**
   * Stores `next`, durably after {@link sync}. `messages` lead to it; without a journal to append to, the whole set is written.
   */
  save(next: Accepted, messages: readonly ChangeMessage[]): void {
    if (!this.#journal?.isAt(this.#path) || messages.some(({ from }) => from === null)) this.#startGeneration(next);
    else this.#journal.append(messages);
  }

  /** Makes durable what was saved. @throws the failed system call's error */
  sync(): void {
    this.#journal?.sync();
  }

  /** Folds the deltas into a new generation where that is due, outside the path of an event. */
  compact(accepted: Accepted): void {
    if (this.#journal && this.#journal.size > 2 * this.#wholeBytes + SPARE_BYTES) this.#startGeneration(accepted);
  }

  close(): void {
    this.#journal?.close();
    this.#journal = null;
  }

  #startGeneration({ compact, set }: Accepted): void {
    const upserts = [...set.values()];
    const journal = Journal.start(this.#path, { statement: compact, from: null, upserts, removals: [] });
    this.#journal?.close();
    this.#journal = journal;
    this.#wholeBytes = journal.size;
  }
}

function replay(messages: readonly ChangeMessage[], verify: (compact: string) => Statement): Accepted | null {
  try {
    let set = EMPTY_SET;
    let statement: Statement | null = null;
    let compact = '';
    for (const message of messages) {
      if (message.from && comparePositions(message.from, statement ?? NOWHERE) !== 0) return null;
      statement = verify(message.statement);
      compact = message.statement;
      set = applyDelta(message.from ? set : EMPTY_SET, message);
    }
    if (!statement) return null;
    return digestOf(statement, set) === statement.digest ? { statement, compact, set } : null;
  } catch {
    return null;
  }
}
