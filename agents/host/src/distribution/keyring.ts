import type { KeyObject } from 'node:crypto';
import { type Log, errnoOf } from '@trustcast/config';
import {
  type KeyDocument,
  KeyListError,
  type Position,
  type Registration,
  type SetScope,
  type Statement,
  TrustcastError,
  type TrustedKeys,
  decode,
  decodeKeyDocument,
  keyFromJwk,
  keysAt,
  thumbprintOf,
  verifyKeyDocument,
  verifyRegistration,
  verifyStatement,
} from '@trustcast/schema';
import { isDoubling } from '../doubling.js';
import type { KeyListStore } from '../state/key-list-store.js';

type Keys = ReadonlyMap<string, KeyObject>;

/** What a new list has changed. */
interface Taken {
  /** Thumbprints of keys that were believed and that it does not have. */
  readonly takenBack: readonly string[];
}

/**
 * The keys whose signatures this host believes: those of the list that the pinned root has signed, or without a list those that are
 * pinned themselves. A list is taken from any transport, and an older one from none.
 */
export class Keyring {
  readonly #pins: readonly string[];
  readonly #store: Pick<KeyListStore, 'load' | 'save'>;
  readonly #log: Log;
  readonly #now: () => number;
  #trusted: TrustedKeys | null = null;
  /** JSON of the document that was judged last: heartbeats repeat it. */
  #judged = '';
  #isSaved = true;
  #refusals = 0;
  /** Keys that the service offered and the host has pinned. */
  #pinned: Keys = new Map();

  constructor(
    pins: readonly string[],
    store: Pick<KeyListStore, 'load' | 'save'>,
    log: Log,
    now: () => number = Date.now,
  ) {
    this.#pins = pins;
    this.#store = store;
    this.#log = log;
    this.#now = now;
    const stored = store.load();
    if (stored) this.#restore(stored);
  }

  /** The list that is known; null: there is none, and the pins decide. */
  get trusted(): TrustedKeys | null {
    return this.#trusted;
  }

  /** Reason why nothing new is believed; null where something may be. */
  get problem(): string | null {
    if (!this.#trusted || this.believed().size > 0) return null;
    const { list } = this.#trusted;
    const isOver = list.expiresAt < this.#now();
    return isOver
      ? `KEY_LIST_EXPIRED: the list of signing keys ended at ${new Date(list.expiresAt).toISOString()}; sign a new one and publish it at the service`
      : 'KEY_LIST_EXPIRED: no key of the list of signing keys is valid now; sign a new one and publish it at the service';
  }

  /** Notes the keys that the service offers, which count where they are pinned and there is no list. */
  noteOffered({ signingKeys }: Pick<Registration, 'signingKeys'>): void {
    const offered = signingKeys.map((jwk) => [thumbprintOf(jwk), keyFromJwk(jwk)] as const);
    this.#pinned = new Map(offered.filter(([kid]) => this.#pins.includes(kid)));
  }

  /** The keys whose signatures are believed now. */
  believed(): Keys {
    return this.#trusted ? keysAt(this.#trusted, this.#now()) : this.#pinned;
  }

  /** Verifies a statement by the keys that are believed now. @throws SignatureError, MalformedError, LimitExceededError */
  verify(compact: string): Statement {
    return verifyStatement(compact, this.believed());
  }

  /**
   * Verifies what was accepted before by every key that was not taken back, whatever its dates: a list may end while the service is down.
   *
   * @throws SignatureError, MalformedError, LimitExceededError
   */
  verifyKept(compact: string): Statement {
    return verifyStatement(compact, this.#kept());
  }

  /** Whether a key that is believed now has signed a statement. */
  isBelieved(compact: string): boolean {
    return holds(() => this.verify(compact));
  }

  /** Whether a key that was not taken back has signed a statement. */
  isKept(compact: string): boolean {
    return holds(() => this.verifyKept(compact));
  }

  /** Thumbprints of the keys that may sign a registration now. */
  get thumbprints(): readonly string[] {
    return this.#trusted ? [...this.believed().keys()] : this.#pins;
  }

  /**
   * Verifies the answer to a registration by the keys that are believed once the list is taken that comes with it.
   *
   * @throws TrustcastError `NO_PINNED_KEY`, `REGISTRATION_NOT_OURS`; SignatureError, MalformedError
   */
  registrationIn(answer: unknown, request: string): Registration {
    const { keyList } = decode.object(answer, 'answer');
    if (keyList !== undefined) this.take(decodeKeyDocument(keyList, 'keyList'));
    return verifyRegistration(answer, request, this.thumbprints);
  }

  /** Where the list says that an environment starts again; null: nowhere. */
  startOf({ installation, environment }: SetScope): Position | null {
    if (this.#trusted?.list.installation !== installation) return null;
    const { startFrom } = this.#trusted.list;
    return startFrom.find((start) => start.environment === environment) ?? null;
  }

  /** Demands that the installation is the one that the root speaks for. @throws KeyListError */
  checkInstallation(installation: string): void {
    if (this.#trusted && this.#trusted.list.installation !== installation)
      throw new KeyListError('KEY_LIST_OTHER_INSTALLATION', 'the pinned root is of another installation');
  }

  /** Takes a list that is newer than the one that is known. @returns null where it does not */
  take(document: KeyDocument): Taken | null {
    const text = JSON.stringify(document);
    if (text === this.#judged && this.#isSaved) return null;
    this.#judged = text;
    try {
      const next = verifyKeyDocument(document, this.#pins, this.#trusted);
      const isNew = next.document.list.payload !== this.#trusted?.document.list.payload;
      if (!isNew && this.#isSaved) return null;
      const takenBack = [...this.#kept().keys()].filter((kid) => !next.keys.has(kid));
      // What was taken back is not believed for another moment, also where the disk is full.
      this.#trusted = next;
      this.#save(document);
      if (isNew) this.#log.info('took a list of signing keys', describe(next));
      return isNew ? { takenBack } : null;
    } catch (error) {
      if (!(error instanceof TrustcastError)) throw error;
      this.#refusals += 1;
      // A host whose pins are keys goes by them: the service has a root that this host was never told of.
      if (isDoubling(this.#refusals))
        this.#log.warn('the list of signing keys is not believed', { error, count: this.#refusals });
      return null;
    }
  }

  #kept(): Keys {
    return this.#trusted ? keysAt(this.#trusted, null) : this.#pinned;
  }

  /** Writes it again where it was removed. */
  restore(): void {
    if (this.#trusted) this.#store.save(this.#trusted.document);
  }

  #save(document: KeyDocument): void {
    try {
      this.#store.save(document);
      this.#isSaved = true;
    } catch (error) {
      this.#isSaved = false;
      this.#log.error('the list of signing keys cannot be stored; trying again', { reason: errnoOf(error) });
    }
  }

  #restore(document: KeyDocument): void {
    try {
      this.#trusted = verifyKeyDocument(document, this.#pins);
    } catch (error) {
      if (!(error instanceof TrustcastError)) throw error;
      this.#log.warn('the stored list of signing keys is not of a pinned root; waiting for another', { error });
    }
  }
}

function holds(verify: () => unknown): boolean {
  try {
    verify();
    return true;
  } catch {
    return false;
  }
}

function describe({ list }: TrustedKeys): Record<string, unknown> {
  const { rootVersion, version, expiresAt, keys } = list;
  return { rootVersion, version, expiresAt: new Date(expiresAt).toISOString(), keys: keys.length };
}
