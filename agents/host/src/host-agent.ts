import type { KeyObject } from 'node:crypto';
import {
  type AgentStatus,
  type ChangeMessage,
  type Registration,
  type SigningKey,
  type Statement,
  TrustcastError,
  signAgentStatus,
  verifyStatement,
} from '@trustcast/schema';
import type { Config, ServiceAccess } from './config.js';
import { Distribution } from './distribution/distribution.js';
import { RoadError } from './errors.js';
import { HttpRoad } from './distribution/http-road.js';
import { NatsRoad } from './distribution/nats-road.js';
import { Registrar } from './distribution/registrar.js';
import { isOf, scopeOf } from './distribution/scope.js';
import { Attacher } from './jvms/attach/attacher.js';
import { Detached } from './jvms/attach/detached.js';
import { JvmKeeper } from './jvms/jvm-keeper.js';
import { JvmRegistry } from './jvms/jvm-registry.js';
import { Watchdog } from './jvms/processes/watchdog.js';
import { JvmScanner } from './jvms/processes/jvm-scanner.js';
import { usersOfDirectory } from './jvms/processes/users-of-directory.js';
import type { Log } from './log.js';
import { AgentReport } from './report/agent-report.js';
import { BaseReporter } from './report/base-reporter.js';
import { HeldSetReporter } from './report/held-set-reporter.js';
import { newsIn } from './report/news.js';
import { Reporter } from './report/reporter.js';
import { StatusRoute } from './report/status-route.js';
import { StatusSnapshot } from './report/status-snapshot.js';
import { type AgentDirectory, prepareDirectory, unsafeTruststore } from './state/agent-directory.js';
import { loadAgentKey } from './state/agent-key.js';
import { lockDirectory } from './state/directory-lock.js';
import { HighWaterMarks } from './state/high-water-marks.js';
import { RegistrationStore, believedKeys } from './state/registration-store.js';
import { isNoRoom } from './state/room.js';
import { keptFiles } from './state/kept-files.js';
import { StateGuard } from './state/state-guard.js';
import { type Accepted, StateStore } from './state/state-store.js';
import { AskedJdks } from './truststore/asked-jdks.js';
import { BaseKeeper } from './truststore/base-keeper.js';
import { markerOf } from './truststore/marker.js';
import { TruststoreKeeper } from './truststore/truststore-keeper.js';
import { Quarantine } from './truststore/quarantine.js';
import { Truststore } from './truststore/truststore.js';
import { WrittenHistory } from './truststore/written-history.js';

/** One environment's agent on this host. */
export class HostAgent {
  readonly #config: Config;
  readonly #log: Log;
  readonly #directory: AgentDirectory;
  readonly #guard: StateGuard;
  #unlock: () => void;
  readonly #key: SigningKey;
  readonly #ca: string | null;
  readonly #registrations: RegistrationStore;
  readonly #store: StateStore;
  readonly #marks: HighWaterMarks;
  readonly #history: WrittenHistory;
  readonly #base: BaseKeeper;
  readonly #quarantine: Quarantine;
  readonly #truststore: TruststoreKeeper;
  readonly #registry: JvmRegistry;
  readonly #jvms: JvmKeeper;
  readonly #watchdog: Watchdog;
  readonly #http: HttpRoad;
  readonly #baseReporter: BaseReporter;
  readonly #heldSetReporter: HeldSetReporter;
  readonly #registrar: Registrar;
  readonly #reporter: Reporter<AgentStatus>;
  readonly #statusRoute: StatusRoute;
  readonly #report: AgentReport;
  readonly #snapshot: StatusSnapshot;
  readonly #say: (status: string) => void;
  #registration: Registration | null = null;
  #keys: ReadonlyMap<string, KeyObject> = new Map();
  #distribution: Distribution | null = null;
  #nats: NatsRoad | null = null;

  private constructor(
    config: Config,
    service: ServiceAccess,
    directory: AgentDirectory,
    unlock: () => void,
    key: SigningKey,
    log: Log,
    say: (status: string) => void,
  ) {
    this.#say = say;
    this.#config = config;
    this.#log = log;
    this.#directory = directory;
    this.#unlock = unlock;
    this.#key = key;
    this.#ca = service.ca;
    this.#registrations = new RegistrationStore(directory.state);
    this.#store = new StateStore(directory.state);
    this.#marks = new HighWaterMarks(directory.state);
    this.#history = new WrittenHistory(directory.state);
    this.#watchdog = new Watchdog(directory.state);
    this.#base = new BaseKeeper(config.base, config.basePassword, directory.state);
    this.#quarantine = new Quarantine(directory.state, log);
    const changed = (): void => this.#reporter.changed();
    const truststoreChanged = (): void => {
      changed();
      if (this.#registration) this.#baseReporter.tell();
    };
    const marker = markerOf(config.environment, directory.path);
    const truststore = new Truststore(directory.truststore, marker, this.#history, config.truststorePassword);
    this.#truststore = new TruststoreKeeper({
      path: directory.truststore,
      pemBundle: config.pemBundle ? directory.pemBundle : null,
      truststore,
      history: this.#history,
      base: this.#base,
      quarantine: this.#quarantine,
      jdks: new AskedJdks(config.base, marker, directory.state, log),
      log,
      usedBy: () => usersOfDirectory(new JvmScanner().scan(), directory.path).map(({ pid }) => pid),
      changed: truststoreChanged,
    });
    this.#registry = new JvmRegistry(
      directory,
      this.#history,
      config,
      new Detached(directory.state),
      log,
      this.#watchdog,
    );
    this.#jvms = new JvmKeeper(directory.jvms, this.#registry, this.#attacher(changed), log, () => {
      void this.#truststore.quarantine(this.#registry.unreadable());
      changed();
    });
    this.#http = new HttpRoad(service, directory.path);
    this.#baseReporter = new BaseReporter(this.#http, () => this.#base.entries, log);
    this.#heldSetReporter = new HeldSetReporter({
      held: () => this.#distribution?.accepted ?? null,
      send: (held) => this.#http.held(config.environment, held),
      log,
    });
    const told = (registration: Registration): Promise<void> => this.#told(registration, service.pinnedKeys);
    this.#registrar = new Registrar(this.#http, service, key, log, told, changed, (refusal) => this.#refused(refusal));
    this.#report = new AgentReport({
      registry: this.#registry,
      history: this.#history,
      marks: this.#marks,
      truststore: this.#truststore,
      quarantine: this.#quarantine,
      http: this.#http,
      registrar: this.#registrar,
      stateProblem: () => this.#guard.problem,
    });
    this.#snapshot = new StatusSnapshot(directory.state, log);
    this.#guard = new StateGuard(
      directory,
      keptFiles({
        state: directory.state,
        key,
        lock: () => (this.#unlock = lockDirectory(directory.state)),
        registrations: this.#registrations,
        registration: () => this.#registration,
        store: this.#store,
        accepted: () => this.#distribution?.accepted ?? null,
        marks: this.#marks,
        history: this.#history,
        quarantine: this.#quarantine,
        base: this.#base,
      }),
      log,
      () => {
        this.#jvms.watch();
        this.#truststore.watch();
      },
    );
    this.#reporter = new Reporter({
      compose: () => this.#compose(),
      newsIn,
      send: (status) => this.#send(status),
      log,
    });
    this.#statusRoute = new StatusRoute({
      nats: () => this.#nats,
      post: (compact) => this.#post(compact),
      isKnown: () => this.#registrar.refusal?.startsWith('REVOKED') !== true,
      again: () => this.#reporter.again(),
      log,
    });
  }

  /**
   * Locks the directory and writes the truststore from state and base, or base and marker alone, without asking anyone.
   *
   * @throws DirectoryError, BaseError
   */
  static async open(
    config: Config,
    service: ServiceAccess,
    log: Log,
    say: (status: string) => void = () => undefined,
  ): Promise<HostAgent> {
    const startedAt = performance.now();
    const directory = prepareDirectory(config.directory);
    const unlock = lockDirectory(directory.state);
    let agent: HostAgent | null = null;
    try {
      agent = new HostAgent(config, service, directory, unlock, await loadAgentKey(directory.state), log, say);
      await agent.#rebuild(service.pinnedKeys);
      if (!agent.hasTruststore && !agent.#truststore.isHeldBack)
        log.error('there is no truststore yet', { state: 'FAILED', reason: agent.#truststore.problem });
      else
        log.info('ready', {
          truststore: directory.truststore,
          entries: agent.#entries(),
          ms: round(performance.now() - startedAt),
        });
      return agent;
    } catch (error) {
      agent?.close();
      unlock();
      throw error;
    }
  }

  /** Lets go of what was opened. */
  close(): void {
    this.#truststore.stop();
    this.#reporter.stop();
    this.#store.close();
  }

  /** False where none is written yet: there is no room, or running JVMs have more than base and marker. */
  get hasTruststore(): boolean {
    return this.#truststore.isReadable();
  }

  /** Connects, and goes on until {@link stop}. */
  start(): void {
    this.#watchdog.start();
    this.#truststore.start();
    this.#guard.start();
    this.#jvms.start();
    this.#registrar.register();
    if (this.#registration) this.#connect(this.#registration);
  }

  async stop(): Promise<void> {
    this.#guard.stop();
    this.#guard.check();
    this.#registrar.stop();
    this.#baseReporter.stop();
    this.#heldSetReporter.stop();
    this.#distribution?.stop();
    this.#jvms.stop();
    this.#truststore.stop();
    this.#reporter.stop();
    this.#statusRoute.stop();
    this.#snapshot.stop();
    this.#http.close();
    await this.#watchdog.stop();
    await this.#nats?.stop();
    this.#store.close();
    this.#unlock();
  }

  async #rebuild(pinnedKeys: readonly string[]): Promise<void> {
    const unsafe = unsafeTruststore(this.#directory.truststore);
    if (unsafe) throw unsafe;
    this.#base.refresh();
    this.#registration = this.#registrations.load();
    if (this.#registration) this.#keys = await believedKeys(this.#registration, pinnedKeys);
    const { accepted, damaged, isDisowned } = this.#store.load((compact) => this.#verify(compact));
    if (isDisowned)
      this.#log.warn('the set in state/ is signed by a key that is no longer pinned; fetching it again', {
        fallback: accepted ? 'previous' : 'none',
      });
    if (damaged) this.#log.error('state is damaged', { fallback: accepted ? 'previous' : 'none' });
    // Also of another environment than the one that it serves now: a crash may have come before it was kept.
    if (accepted) this.#marks.keep(accepted);
    const ours = accepted && this.#registration && isOf(accepted.statement, this.#registration) ? accepted : null;
    this.#truststore.rebuild(ours);
    const { problem } = this.#truststore;
    // What heals by itself is told and tried again.
    if (!this.hasTruststore && problem !== null && !isNoRoom(problem.split(': ')[1] ?? ''))
      throw new TrustcastError('TRUSTSTORE_NOT_WRITTEN', problem);
    if (this.#registration) this.#distribution = this.#distributionFor(this.#registration, ours);
  }

  #verify(compact: string): Statement {
    return verifyStatement(compact, this.#keys);
  }

  async #told(registration: Registration, pinnedKeys: readonly string[]): Promise<void> {
    if (registration.environment.name !== this.#config.environment)
      throw new TrustcastError(
        'ENVIRONMENT_MISMATCH',
        'the token belongs to another environment than TRUSTCAST_ENVIRONMENT',
      );
    const keys = await believedKeys(registration, pinnedKeys);
    const before = this.#registration;
    if (before && !isOf(scopeOf(before), registration)) {
      // Another installation or environment speaks: its revisions have nothing to do with those before, also after a crash.
      const accepted = this.#distribution?.accepted;
      if (accepted) this.#marks.keep(accepted);
      this.#distribution?.stop();
      this.#distribution = null;
      this.#truststore.forget();
      this.#history.clear();
      this.#history.save();
    }
    this.#keepRegistration(registration, before);
    this.#registration = registration;
    this.#keys = keys;
    this.#log.info('registered', { agent: registration.agent, environment: registration.environment.id });
    if (before && before.agent !== registration.agent) {
      await this.#nats?.stop();
      this.#nats = null;
    }
    this.#distribution ??= this.#distributionFor(registration, null);
    this.#distribution.tell(registration);
    this.#connect(registration);
    this.#baseReporter.forget();
    this.#baseReporter.tell();
  }

  /** A new session alone is not worth failing for: a disk may be full, and the next start asks for another one. */
  #keepRegistration(registration: Registration, before: Registration | null): void {
    try {
      this.#registrations.save(registration);
    } catch (error) {
      const same = { session: 0, issuedAt: 0, position: null };
      if (JSON.stringify({ ...before, ...same }) !== JSON.stringify({ ...registration, ...same })) throw error;
      this.#log.warn('the registration cannot be stored', { error });
    }
  }

  /** An agent that was deleted has nothing to hear or to say; whoever is refused NATS asks the service why. */
  #refused(refusal: string | null): void {
    this.#nats?.suspend(refusal?.startsWith('REVOKED') === true);
    this.#reporter.changed();
  }

  #connect(registration: Registration): void {
    if (!this.#distribution) this.#distribution = this.#distributionFor(registration, null);
    if (this.#nats) {
      this.#nats.suspend(false);
      this.#nats.use(registration.nats);
    } else {
      this.#nats = new NatsRoad(registration.nats, {
        installation: registration.installation,
        environment: registration.environment.name,
        agent: registration.agent,
        privateKey: this.#key.privateKey,
        ca: this.#ca,
        receive: (bytes, road) => this.#distribution?.receive(bytes, road),
        connected: (server) => {
          this.#log.info('connected', { server });
          this.#distribution?.catchUp();
          this.#reporter.again();
        },
        refused: () => this.#registrar.register(),
        log: this.#log,
      });
      this.#nats.start();
    }
    this.#distribution.start();
  }

  #distributionFor(registration: Registration, accepted: Accepted | null): Distribution {
    return new Distribution(
      {
        scope: scopeOf(registration),
        verify: (compact) => this.#verify(compact),
        pull: (after) => this.#http.set(registration.environment.name, after),
        heartbeat: () => this.#http.heartbeat(registration.environment.name),
        commit: (next, messages, acceptMs) => this.#commit(next, messages, acceptMs),
        keyUnknown: () => this.#registrar.register(),
        clockDoubtful: () => this.#registrar.register(),
        serviceBehind: () => this.#heldSetReporter.tell(),
        changed: () => this.#reporter.changed(),
        log: this.#log,
      },
      accepted,
      this.#marks.of(scopeOf(registration)),
    );
  }

  #commit(next: Accepted, messages: readonly ChangeMessage[], accept: number): void {
    const startedAt = performance.now();
    if (!this.#store.isThere()) this.#guard.check();
    this.#store.save(next, messages);
    const state = performance.now() - startedAt;
    const stages = Object.entries({ accept, state, ...this.#truststore.write(next) });
    const { epoch, revision } = next.statement;
    this.#log.info('applied', {
      position: `${epoch}.${revision}`,
      managed: next.set.size,
      changes: messages.length,
      ms: Object.fromEntries(stages.map(([stage, ms]) => [stage, round(ms)])),
    });
    setImmediate(() => this.#compact(next));
  }

  #compact(accepted: Accepted): void {
    try {
      this.#marks.keep(accepted);
    } catch (error) {
      this.#log.warn('the high-water mark cannot be stored', { error });
    }
    if (this.#distribution?.accepted !== accepted) return;
    try {
      this.#store.compact(accepted);
    } catch (error) {
      this.#log.warn('state cannot be compacted', { error });
    }
  }

  #compose(): AgentStatus {
    const status = this.#report.compose({
      registration: this.#registration,
      distribution: this.#distribution,
      maxPayload: this.#nats?.maxPayload,
    });
    this.#say(`${status.state}${status.reason === null ? '' : ` ${status.reason}`}`);
    this.#snapshot.take(status, this.#nats?.isConnected ?? false);
    return status;
  }

  /** @returns what was sent, in bytes */
  async #send(status: AgentStatus): Promise<number> {
    if (!this.#registration) return 0;
    const compact = await signAgentStatus(status, this.#key);
    this.#statusRoute.send(compact);
    return compact.length;
  }

  async #post(compact: string): Promise<void> {
    const environment = this.#registration?.environment.name;
    if (environment === undefined) return;
    try {
      const heartbeat = await this.#http.status(environment, compact);
      this.#distribution?.receive(heartbeat, 'answer');
    } catch (error) {
      // It may know this agent by another key, or not at all: registering tells.
      if (isRefusal(error)) this.#registrar.register();
      throw error;
    }
  }

  #entries(): number {
    const last = this.#history.last;
    return last ? last.managed + last.base + 1 : 0;
  }

  #attacher(changed: () => void): Attacher | null {
    const { attach, jvmAgentJar } = this.#config;
    if (attach.length === 0 || jvmAgentJar === undefined) return null;
    const load = { jar: jvmAgentJar, options: `dir=${this.#directory.path}`, sharedFile: this.#directory.truststore };
    return new Attacher(this.#registry, load, this.#directory, this.#watchdog, this.#log, changed);
  }
}

function isRefusal(error: unknown): boolean {
  const status = error instanceof RoadError ? (error.answer?.status ?? 0) : 0;
  return status === 400 || status === 401 || status === 403;
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
