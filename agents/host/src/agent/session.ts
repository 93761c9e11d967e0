import type { Log } from '@trustcast/config';
import { type ChangeMessage, type KeyDocument, type Registration, TrustcastError } from '@trustcast/schema';
import type { ServiceAccess } from '../config.js';
import { Distribution } from '../distribution/distribution.js';
import type { Keyring } from '../distribution/keyring.js';
import type { ServiceClient } from '../distribution/service-client.js';
import { NatsSubscriber } from '../distribution/nats-subscriber.js';
import { Registrar } from '../distribution/registrar.js';
import { isOf, scopeOf } from '../distribution/scope.js';
import { Standing } from '../distribution/standing.js';
import { BaseReporter } from '../report/base-reporter.js';
import { HeldSetReporter } from '../report/held-set-reporter.js';
import type { AgentKey } from '../state/agent-key.js';
import type { HighWaterMarks } from '../state/high-water-marks.js';
import type { RegistrationStore } from '../state/registration-store.js';
import type { Accepted, StateStore } from '../state/state-store.js';
import type { BaseStore } from '../truststore/base-store.js';
import type { TruststoreUpdater } from '../truststore/truststore-updater.js';
import type { WrittenHistory } from '../truststore/written-history.js';
import { roundToMicroseconds } from './round-to-microseconds.js';
import { startAgain } from './start-again.js';

export interface SessionParts {
  readonly environment: string;
  readonly service: ServiceAccess;
  readonly key: AgentKey;
  readonly keyring: Keyring;
  readonly http: ServiceClient;
  readonly registrations: RegistrationStore;
  readonly store: StateStore;
  readonly marks: HighWaterMarks;
  readonly history: WrittenHistory;
  readonly base: BaseStore;
  readonly truststore: TruststoreUpdater;
  readonly log: Log;
  /** Restores missing files of the state. */
  readonly stateLost: () => void;
  /** Called when the reported status has changed. */
  readonly changed: () => void;
  /** Called when the last report may not have arrived. */
  readonly again: () => void;
}

/** The session of an agent with the service: registration, signing keys, the accepted set, and the subscriptions for changes. */
export class Session {
  readonly registrar: Registrar;
  readonly #parts: SessionParts;
  readonly #baseReporter: BaseReporter;
  readonly #heldSetReporter: HeldSetReporter;
  #registration: Registration | null = null;
  #distribution: Distribution | null = null;
  #nats: NatsSubscriber | null = null;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { http, service, key, keyring, log, base, environment, changed } = parts;
    this.#baseReporter = new BaseReporter(http, () => base.entries, log);
    this.#heldSetReporter = new HeldSetReporter({
      held: () => this.accepted,
      send: (held) => http.held(environment, held),
      log,
    });
    const onRegistered = (registration: Registration): Promise<void> => this.#registered(registration);
    this.registrar = new Registrar(
      { http, token: service.token, key, keyring, log },
      { onRegistered, changed, refused: (refusal) => this.#refused(refusal) },
    );
  }

  get registration(): Registration | null {
    return this.#registration;
  }
  get distribution(): Distribution | null {
    return this.#distribution;
  }
  get accepted(): Accepted | null {
    return this.#distribution?.accepted ?? null;
  }
  get nats(): NatsSubscriber | null {
    return this.#nats;
  }

  /** Reads the stored state. @returns the set accepted last, if it belongs to the environment that is served now */
  restore(): Accepted | null {
    this.#registration = this.#parts.registrations.load();
    if (this.#registration) this.#parts.keyring.noteOffered(this.#registration);
    const { accepted, damaged, isDisowned } = this.#parts.store.load((compact) =>
      this.#parts.keyring.verifyKept(compact),
    );
    if (isDisowned)
      this.#parts.log.warn('the set in state/ is signed by a key that is no longer believed; fetching it again', {
        fallback: accepted ? 'previous' : 'none',
      });
    if (damaged) this.#parts.log.error('state is damaged', { fallback: accepted ? 'previous' : 'none' });
    // Also the mark of another environment than the one served now: a crash may have come before it was stored.
    if (accepted) this.#parts.marks.keep(accepted);
    this.#startAgain();
    return accepted && this.#registration && isOf(accepted.statement, this.#registration) ? accepted : null;
  }

  /** Continues from the restored set. */
  resume(accepted: Accepted | null): void {
    if (this.#registration) this.#distribution = this.#distributionFor(this.#registration, accepted);
  }

  /** Connects and runs until {@link stop}. */
  start(): void {
    this.registrar.register();
    if (this.#registration) this.#connect(this.#registration);
  }

  /** Stops requests and accepts no further messages. */
  stop(): void {
    this.registrar.stop();
    this.#baseReporter.stop();
    this.#heldSetReporter.stop();
    this.#distribution?.stop();
  }

  async disconnect(): Promise<void> {
    await this.#nats?.stop();
  }

  /** Reports a changed base to the service. */
  reportBase(): void {
    if (this.#registration) this.#baseReporter.report();
  }

  #takeKeys(document: KeyDocument): void {
    const taken = this.#parts.keyring.take(document);
    if (!taken) return;
    this.#startAgain();
    // What a key said that was taken back is asked for again: the environment, the servers of NATS, the time.
    if (taken.takenBack.length > 0) this.registrar.register();
  }

  #startAgain(): void {
    if (!this.#registration) return;
    const start = startAgain(this.#parts, scopeOf(this.#registration), this.accepted);
    if (start) this.#distribution?.startAgain(start);
  }

  async #registered(registration: Registration): Promise<void> {
    if (registration.environment.name !== this.#parts.environment)
      throw new TrustcastError(
        'ENVIRONMENT_MISMATCH',
        'the token belongs to another environment than TRUSTCAST_ENVIRONMENT',
      );
    this.#parts.keyring.checkInstallation(registration.installation);
    const before = this.#registration;
    if (before && !isOf(scopeOf(before), registration)) {
      // Another installation or environment: its revisions are not comparable with the previous ones, also after a crash.
      const accepted = this.#distribution?.accepted;
      if (accepted) this.#parts.marks.keep(accepted);
      this.#distribution?.stop();
      this.#distribution = null;
      this.#parts.truststore.forget();
      this.#parts.history.clear();
      this.#parts.history.save();
    }
    this.#keepRegistration(registration, before);
    this.#registration = registration;
    this.#parts.keyring.noteOffered(registration);
    this.#startAgain();
    this.#parts.log.info('registered', { agent: registration.agent, environment: registration.environment.id });
    if (before && before.agent !== registration.agent) {
      await this.#nats?.stop();
      this.#nats = null;
    }
    this.#distribution ??= this.#distributionFor(registration, null);
    this.#distribution.noteRegistration(registration);
    this.#connect(registration);
    this.#baseReporter.forget();
    this.#baseReporter.report();
  }

  /** Stores a registration. A new session alone does not fail on a full disk: the next start registers again. */
  #keepRegistration(registration: Registration, before: Registration | null): void {
    try {
      this.#parts.registrations.save(registration);
    } catch (error) {
      const same = { session: 0, issuedAt: 0, position: null };
      if (JSON.stringify({ ...before, ...same }) !== JSON.stringify({ ...registration, ...same })) throw error;
      this.#parts.log.warn('the registration cannot be stored', { error });
    }
  }

  /** Suspends NATS for an agent that was deleted; an agent that NATS refuses asks the service for the reason. */
  #refused(refusal: string | null): void {
    this.#nats?.suspend(refusal?.startsWith('REVOKED') === true);
    this.#parts.changed();
  }

  #connect(registration: Registration): void {
    if (!this.#distribution) this.#distribution = this.#distributionFor(registration, null);
    if (this.#nats) {
      this.#nats.suspend(false);
      this.#nats.use(registration.nats);
    } else {
      this.#nats = new NatsSubscriber(registration.nats, {
        installation: registration.installation,
        environment: registration.environment.name,
        agent: registration.agent,
        privateKey: () => this.#parts.key.current.privateKey,
        ca: this.#parts.service.ca,
        allowPlain: this.#parts.service.allowPlainNats,
        receive: (bytes, source) => this.#distribution?.receive(bytes, source),
        connected: (server) => {
          this.#parts.log.info('connected', { server });
          this.#distribution?.catchUp();
          this.#parts.again();
        },
        refused: () => this.registrar.register(),
        log: this.#parts.log,
      });
      this.#nats.start();
    }
    this.#distribution.start();
  }

  #distributionFor(registration: Registration, accepted: Accepted | null): Distribution {
    const scope = scopeOf(registration);
    const { keyring } = this.#parts;
    return new Distribution(
      {
        scope,
        verify: (compact) => keyring.verify(compact),
        takeKeys: (document) => this.#takeKeys(document),
        isBelieved: (compact) => keyring.isBelieved(compact),
        signedAgain: (again) => this.#signedAgain(again),
        pull: (after) => this.#parts.http.set(registration.environment.name, after),
        heartbeat: () => this.#parts.http.heartbeat(registration.environment.name),
        commit: (next, messages, acceptMs) => this.#commit(next, messages, acceptMs),
        keyUnknown: () => this.registrar.register(),
        clockDoubtful: () => this.registrar.register(),
        serviceBehind: () => this.#heldSetReporter.report(),
        changed: () => this.#parts.changed(),
        log: this.#parts.log,
      },
      new Standing(accepted, this.#parts.marks.of(scope), keyring.startOf(scope)),
    );
  }

  #commit(next: Accepted, messages: readonly ChangeMessage[], accept: number): void {
    const startedAt = performance.now();
    if (!this.#parts.store.isThere()) this.#parts.stateLost();
    this.#parts.store.save(next, messages);
    const saved = performance.now();
    const written = this.#parts.truststore.write(next);
    const syncedFrom = performance.now();
    // JVMs need not wait for it: it is told after this, and a host that loses its power before goes on one change earlier.
    this.#parts.store.sync();
    const synced = performance.now() - syncedFrom;
    const stages = Object.entries({ accept, state: saved - startedAt, ...written, stateSynced: synced });
    const { epoch, revision } = next.statement;
    this.#parts.log.info('applied', {
      position: `${epoch}.${revision}`,
      managed: next.set.size,
      changes: messages.length,
      ms: Object.fromEntries(stages.map(([stage, ms]) => [stage, roundToMicroseconds(ms)])),
    });
    setImmediate(() => this.#compact(next));
  }

  #signedAgain(accepted: Accepted): void {
    try {
      this.#parts.store.rewrite(accepted);
      this.#parts.marks.signAgain(accepted);
    } catch (error) {
      this.#parts.log.warn('state cannot be stored under the next signature', { error });
    }
  }

  #compact(accepted: Accepted): void {
    // A later one keeps its own mark.
    if (this.#distribution?.accepted !== accepted) return;
    try {
      this.#parts.marks.keep(accepted);
    } catch (error) {
      this.#parts.log.warn('the high-water mark cannot be stored', { error });
    }
    try {
      this.#parts.store.compact(accepted);
    } catch (error) {
      this.#parts.log.warn('state cannot be compacted', { error });
    }
  }
}
