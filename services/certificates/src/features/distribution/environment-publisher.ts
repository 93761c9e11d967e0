import { setTimeout as delay } from 'node:timers/promises';
import {
  type KeyDocument,
  type Position,
  type SetScope,
  type Signer,
  type SigningKey,
  LIMITS,
  comparePositions,
  encodeChangeMessage,
  signStatement,
} from '@trustcast/schema';
import { composeDeltas } from '../deployments/rules/logged-delta.js';
import type { Database } from '../../platform/postgres/database.js';
import { notePublication, publishedPosition } from './sql/publications.js';
import { type LoggedRevision, changesAfter } from '../deployments/sql/read-changes.js';
import { EnvironmentFollower, type Look } from './environment-follower.js';

export type Kind = 'changed' | 'heartbeat';

/** Sends a message and waits until the server has it. */
export type Publish = (kind: Kind, look: Look, environmentId: string, body: Uint8Array) => Promise<void>;

interface Options {
  readonly database: Database;
  readonly signingKey: SigningKey | Signer;
  readonly scope: SetScope;
  readonly publish: Publish;
  /** Which keys sign; heartbeats carry it. */
  readonly keyList: () => Promise<KeyDocument | null>;
  readonly onPublished: () => void;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = 250;
/** Under load, a pause as long as the work before it lets revisions gather: the next message carries them all. */
const MAX_PAUSE_MS = 100;

/** Publishes the changes of one environment in their order. One runs at a time; a wake while it runs is one more run. */
export class EnvironmentPublisher {
  readonly #options: Options;
  readonly #follower: EnvironmentFollower;
  /** Changes that are in the set and not yet with the server, leading from `#published`. */
  #pending: LoggedRevision[] = [];
  #published: Position | undefined;
  #wanted = { change: false, heartbeat: false };
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(options: Options) {
    this.#options = options;
    this.#follower = new EnvironmentFollower(options.database, options.scope);
  }

  /** The position that the server has. */
  get published(): Position | undefined {
    return this.#published;
  }

  wake({ heartbeat = false } = {}): void {
    this.#wanted = { change: true, heartbeat: this.#wanted.heartbeat || heartbeat };
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#wanted.change && !this.#stopped) {
      const { heartbeat } = this.#wanted;
      this.#wanted = { change: false, heartbeat: false };
      const startedAt = performance.now();
      try {
        await this.#publish(heartbeat);
        this.#options.onPublished();
        const workMs = performance.now() - startedAt;
        await delay(Math.min(workMs, MAX_PAUSE_MS));
      } catch (error) {
        this.#options.onError(error);
        this.#wanted = { change: true, heartbeat: this.#wanted.heartbeat || heartbeat };
        await delay(RETRY_MS);
      }
    }
  }

  async #publish(heartbeat: boolean): Promise<void> {
    const look = await this.#follower.look();
    if (!look) return;
    if (look.reloaded) await this.#startFrom(look);
    else this.#pending.push(...look.revisions);
    const from = this.#published;
    if (!from || comparePositions(from, look) !== 0) {
      await this.#send('changed', look, from);
      this.#published = { epoch: look.epoch, revision: look.revision };
      this.#pending = [];
      await notePublication(this.#options.database, this.#options.scope.environment, look);
    }
    if (heartbeat) await this.#send('heartbeat', look, look);
  }

  /** What an earlier leader did not publish comes from the log, when the log has it. */
  async #startFrom(look: Look): Promise<void> {
    const { database, scope } = this.#options;
    this.#pending = [];
    this.#published = undefined;
    const published = await publishedPosition(database, scope.environment);
    if (!published || comparePositions(published, look) > 0) return;
    const backlog = await changesAfter(database, scope.environment, published.revision);
    const missed = backlog?.revisions.filter(({ revision }) => revision <= look.revision) ?? [];
    const complete = backlog?.anchor?.epoch === published.epoch || published.revision === 0;
    if (complete && missed.length === look.revision - published.revision) {
      this.#published = published;
      this.#pending = missed;
    }
  }

  async #send(kind: Kind, look: Look, from: Position | undefined): Promise<void> {
    const { signingKey, scope, publish } = this.#options;
    const { epoch, revision, digest, issuedAt } = look;
    const statement = await signStatement({ ...scope, epoch, revision, digest, issuedAt }, signingKey);
    const own = { epoch, revision };
    const keyList = kind === 'heartbeat' ? await this.#options.keyList() : null;
    const withoutData = () =>
      encodeChangeMessage({ statement, from: own, upserts: [], removals: [], ...(keyList && { keyList }) });
    const withData = (start: Position) =>
      encodeChangeMessage({
        statement,
        from: { epoch: start.epoch, revision: start.revision },
        ...composeDeltas(this.#pending),
      });
    const data = kind === 'changed' && from ? withData(from) : withoutData();
    await publish(kind, look, scope.environment, data.byteLength > LIMITS.eventBytes ? withoutData() : data);
  }
}
