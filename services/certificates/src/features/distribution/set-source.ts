import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import {
  type Delta,
  type KeyDocument,
  type Position,
  type SetScope,
  type Signer,
  type SigningKey,
  encodeChangeMessage,
  formatPosition,
  signStatement,
} from '@trustcast/schema';
import { EnvironmentSet } from './rules/environment-set.js';
import { composeDeltas } from '../deployments/rules/logged-delta.js';
import type { Database } from '../../platform/postgres/database.js';
import { type Changes, type LoggedRevision, changesAfter } from '../deployments/sql/read-changes.js';
import { readSetEntries } from './sql/read-set.js';
import { EnvironmentFollower, type Look } from './environment-follower.js';
import type { AnswerCache, Rest } from '../agents/answer-cache.js';

const gzipped = promisify(gzip);
/** An agent that is further behind gets the whole set. */
const MAX_REVISIONS = 2_048;
const OPENING = '{"statement":""';

/** What statements are signed with, and the list of keys that heartbeats carry. */
export interface Signing {
  readonly signingKey: SigningKey | Signer;
  readonly keyList: () => Promise<KeyDocument | null>;
}

/** What agents pull of one environment, from this process's memory as far as it holds. */
export class SetSource {
  readonly #database: Database;
  readonly #scope: SetScope;
  readonly #key: SigningKey | Signer;
  readonly #follower: EnvironmentFollower;
  readonly #answers: AnswerCache;
  readonly #keyList: () => Promise<KeyDocument | null>;
  #running: Promise<unknown> = Promise.resolve();
  #queued: Promise<Look | null> | undefined;

  constructor(database: Database, scope: SetScope, { signingKey, keyList }: Signing, answers: AnswerCache) {
    this.#database = database;
    this.#scope = scope;
    this.#key = signingKey;
    this.#keyList = keyList;
    this.#answers = answers;
    this.#follower = new EnvironmentFollower(database, scope);
  }

  /** Where the environment is now; null: it is gone. */
  async position(): Promise<Position | null> {
    const look = await this.#look();
    return look && { epoch: look.epoch, revision: look.revision };
  }

  /** The current statement without data; null: the environment is gone. */
  async heartbeat(): Promise<Buffer | null> {
    const look = await this.#look();
    if (!look) return null;
    const from = { epoch: look.epoch, revision: look.revision };
    const [statement, keyList] = await Promise.all([this.#sign(look), this.#keyList()]);
    return encodeChangeMessage({ statement, from, upserts: [], removals: [], ...(keyList && { keyList }) });
  }

  /** Answers a pull, as gzip when `compress`; null: the environment is gone. */
  async pull(after: Position | undefined, compress: boolean): Promise<Buffer | null> {
    const look = await this.#look();
    if (!look) return null;
    const { plain, gzip: compressed } = await this.#rest(look, after);
    const start = Buffer.from(`{"statement":${JSON.stringify(await this.#sign(look))}`);
    return compress ? Buffer.concat([gzipSync(start), compressed]) : Buffer.concat([start, plain]);
  }

  async #rest(look: Look, after: Position | undefined): Promise<Rest> {
    const { environment } = this.#scope;
    if (after && isWithinReach(after, look)) {
      const made = this.#answers.get(environment, look.head, formatPosition(after), async () => {
        const delta = await this.#deltaSince(after, look);
        if (!delta) throw new NoDeltaError();
        return restOf(after, delta);
      });
      const rest = await made.catch((error: unknown) => {
        if (error instanceof NoDeltaError) return undefined;
        throw error;
      });
      if (rest) return rest;
    }
    return this.#answers.get(environment, look.head, null, () => this.#whole(look));
  }

  async #whole(look: Look): Promise<Rest> {
    const set = await readSetEntries(this.#database, this.#scope.environment);
    // The set may have moved on since the look: the bytes must be those that the statement's digest is of.
    if (set?.head !== look.head) throw new SetMovedError();
    if (new EnvironmentSet(this.#scope, set.entries).digest() !== look.digest)
      throw new Error('the log and the set of an environment do not agree');
    return restOf(null, { upserts: set.entries, removals: [] });
  }

  async #deltaSince(after: Position, look: Look): Promise<Delta | undefined> {
    const missing = look.revision - after.revision;
    const revisions: LoggedRevision[] = [];
    for (let revision = after.revision; ;) {
      const changes = await changesAfter(this.#database, this.#scope.environment, revision);
      if (!changes || (revision === after.revision && epochOf(revision, changes) !== after.epoch)) return undefined;
      const logged = changes.revisions.filter((item) => item.revision <= look.revision);
      revisions.push(...logged);
      const last = logged.at(-1);
      if (!last || last.revision === look.revision) break;
      revision = last.revision;
    }
    const complete = revisions.length === missing && (revisions.at(-1)?.deploymentId ?? look.head) === look.head;
    return complete ? composeDeltas(revisions) : undefined;
  }

  /** One look at a time; those who ask while one runs share the next. */
  #look(): Promise<Look | null> {
    this.#queued ??= (async () => {
      await this.#running.catch(() => undefined);
      this.#queued = undefined;
      const look = this.#follower.look();
      this.#running = look;
      return look;
    })();
    return this.#queued;
  }

  #sign({ epoch, revision, digest, issuedAt }: Look): Promise<string> {
    return signStatement({ ...this.#scope, epoch, revision, digest, issuedAt }, this.#key);
  }
}

/** The log does not lead on from where an agent says it is. */
class NoDeltaError extends Error {}

function isWithinReach(after: Position, look: Look): boolean {
  const missing = look.revision - after.revision;
  return missing >= 0 && missing <= MAX_REVISIONS && after.epoch <= look.epoch;
}

/** The set changed between two reads: ask again. */
export class SetMovedError extends Error {}

/** Epoch of the revision that was asked after; undefined: the log does not have it. */
function epochOf(revision: number, { anchor, revisions, epoch }: Changes): number | undefined {
  return revision === 0 ? (revisions[0]?.epoch ?? epoch) : anchor?.epoch;
}

async function restOf(from: Position | null, delta: Delta): Promise<Rest> {
  const message = encodeChangeMessage({ statement: '', from, ...delta });
  const plain = message.subarray(OPENING.length);
  return { plain, gzip: await gzipped(plain) };
}
