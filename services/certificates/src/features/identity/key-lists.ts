import {
  type KeyDocument,
  type KeyList,
  type VerificationKeys,
  decodeKeyList,
  keyFromJwk,
  thumbprintOf,
} from '@trustcast/schema';
import type { ProblemReports } from '../../platform/problems/problem-reports.js';
import type { Sql } from '../../platform/postgres/statement.js';
import { type PublishedList, readKeyList } from './sql/key-lists.js';
import { believableKeys } from './sql/signing-keys.js';

/** Age after which the list is read again; a notification makes it so at once. */
const MAX_AGE_MS = 2_000;
const WARN_MS = 30 * 86_400_000;
const WATCH_MS = 60_000;

/** What {@link KeyLists.watch} reports: hosts believe the service no longer, or soon will not. */
export const KEY_PROBLEMS = ['SIGNING_KEY_NOT_LISTED', 'KEY_LIST_ENDS'] as const;

interface Read {
  readonly published: PublishedList | null;
  readonly list: KeyList | null;
  readonly keys: VerificationKeys | null;
}

/** The list of signing keys that was published last, as this process knows it. */
export class KeyLists {
  readonly #sql: Sql;
  #reading: Promise<Read> | undefined;
  #askedAt = -Infinity;
  #last: Read | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Reads it again when it is asked for next. */
  forget(): void {
    this.#reading = undefined;
  }

  /** What hosts are handed; null: there is no list. */
  async document(): Promise<KeyDocument | null> {
    return (await this.#read()).published?.document ?? null;
  }

  /** What hosts are to pin: the root, or without one the signing key and the one that is announced. */
  async hostPins(): Promise<readonly string[]> {
    const rootId = (await this.#read()).published?.rootId ?? null;
    return rootId === null ? (await believableKeys(this.#sql)).map(({ kid }) => kid) : [rootId];
  }

  /** The keys of the list, whatever their dates; null: there is no list. The same object for the same list. */
  async keys(): Promise<VerificationKeys | null> {
    return (await this.#read()).keys;
  }

  /** Reports where hosts do not believe the key of this process, or soon will not. */
  watch(kid: string, problems: ProblemReports): { readonly look: () => void; readonly stop: () => void } {
    const look = () => void this.#look(kid, problems, Date.now()).catch(() => undefined);
    look();
    const timer = setInterval(look, WATCH_MS);
    return { look, stop: () => clearInterval(timer) };
  }

  async #look(kid: string, problems: ProblemReports, nowMs: number): Promise<void> {
    const { list } = await this.#read();
    const listed = list?.keys.find(({ key }) => thumbprintOf(key) === kid);
    const isBelieved =
      !list || (listed && listed.notBefore <= nowMs && Math.min(listed.notAfter, list.expiresAt) > nowMs);
    if (isBelieved) problems.ended('SIGNING_KEY_NOT_LISTED', 'hosts believe the signing key of this process');
    else
      problems.began(
        'SIGNING_KEY_NOT_LISTED',
        'hosts do not believe what this process signs: publish a key list that has its key, or start it with a key of the list',
        `thumbprint ${kid}`,
      );
    const end = list && listed ? Math.min(list.expiresAt, listed.notAfter) : null;
    if (end === null || end - nowMs > WARN_MS) problems.ended('KEY_LIST_ENDS', 'the key list is good for 30 days');
    else
      problems.began(
        'KEY_LIST_ENDS',
        'sign and publish the next key list before this one ends: hosts then believe nothing new',
        new Date(end).toISOString(),
      );
  }

  #read(): Promise<Read> {
    const now = performance.now();
    if (!this.#reading || now - this.#askedAt > MAX_AGE_MS) {
      const reading = this.#ask();
      this.#askedAt = now;
      this.#reading = reading;
      reading.catch(() => {
        if (this.#reading === reading) this.#reading = undefined;
      });
    }
    return this.#reading;
  }

  async #ask(): Promise<Read> {
    const published = await readKeyList(this.#sql);
    const last = this.#last;
    if (last && isSame(last.published, published)) return last;
    const list = published && decodeKeyList(published.document.list);
    const keys = list && new Map(list.keys.map(({ key }) => [thumbprintOf(key), keyFromJwk(key)]));
    return (this.#last = { published, list, keys });
  }
}

function isSame(one: PublishedList | null, other: PublishedList | null): boolean {
  return one?.rootVersion === other?.rootVersion && one?.version === other?.version;
}
