import type { KeyDocument, Signer, SigningKey } from '@trustcast/schema';
import type { ProblemReports } from '../../platform/problems/problem-reports.js';
import type { Database } from '../../platform/postgres/database.js';
import { allEnvironments } from '../environments/sql/read-environments.js';
import { EnvironmentPublisher, type Publish } from './environment-publisher.js';

export interface RelayOptions {
  readonly database: Database;
  readonly installation: string;
  readonly signingKey: SigningKey | Signer;
  readonly publish: Publish;
  readonly keyList: () => Promise<KeyDocument | null>;
  readonly problems: ProblemReports;
  readonly heartbeatMs: number;
  readonly pollMs?: number;
}

/** The one who publishes, while it is the leader: woken by notifications, and looking by itself when none comes. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #publishers = new Map<string, EnvironmentPublisher>();
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  start(): void {
    const { heartbeatMs, pollMs = 1_000 } = this.#options;
    void this.lookAtAll({ heartbeat: true });
    this.#timers.push(setInterval(() => void this.lookAtAll({ heartbeat: true }), heartbeatMs));
    this.#timers.push(setInterval(() => void this.lookAtAll({ heartbeat: false }), pollMs));
  }

  /** An environment changed. */
  wake(environmentId: string): void {
    this.#publisher(environmentId).wake();
  }

  /** Wakes every environment that has something to publish; with `heartbeat` every one. */
  async lookAtAll({ heartbeat }: { heartbeat: boolean }): Promise<void> {
    try {
      const environments = await allEnvironments(this.#options.database);
      const ids = new Set(environments.map(({ id }) => id));
      for (const [id, publisher] of this.#publishers)
        if (!ids.has(id)) {
          this.#publishers.delete(id);
          void publisher.stop();
        }
      for (const { id, epoch, revision } of environments) {
        const publisher = this.#publisher(id);
        const { published } = publisher;
        if (heartbeat || published?.epoch !== epoch || published.revision !== revision) publisher.wake({ heartbeat });
      }
      this.#options.problems.ended('RELAY_FAILED', 'the relay reads the environments again');
    } catch (error) {
      this.#options.problems.failed('RELAY_FAILED', 'the relay cannot read the environments; trying again', error);
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([...this.#publishers.values()].map((publisher) => publisher.stop()));
  }

  #publisher(environmentId: string): EnvironmentPublisher {
    const existing = this.#publishers.get(environmentId);
    if (existing) return existing;
    const { database, installation, signingKey, publish, keyList, problems } = this.#options;
    const publisher = new EnvironmentPublisher({
      database,
      signingKey,
      scope: { installation, environment: environmentId },
      publish,
      keyList,
      onPublished: () => problems.ended('PUBLISHING_FAILED', 'publishing goes on', environmentId),
      onError: (error) => problems.failed('PUBLISHING_FAILED', 'publishing failed; trying again', error, environmentId),
    });
    this.#publishers.set(environmentId, publisher);
    return publisher;
  }
}
