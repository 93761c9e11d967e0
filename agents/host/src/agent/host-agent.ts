import type { Log } from '@trustcast/config';
import { TrustcastError } from '@trustcast/schema';
import type { Config, ServiceAccess } from '../config.js';
import { Keyring } from '../distribution/keyring.js';
import { ServiceClient } from '../distribution/service-client.js';
import { Attacher } from '../jvms/attach/attacher.js';
import { Detached } from '../jvms/attach/detached.js';
import { JvmMonitor } from '../jvms/jvm-monitor.js';
import { JvmRegistry } from '../jvms/jvm-registry.js';
import { writeJvmEnvironment } from '../jvms/attach/jvm-environment.js';
import { unpackJar } from '../jvms/attach/unpack-jar.js';
import { Watchdog } from '../jvms/processes/watchdog.js';
import { usersOfDirectory } from '../jvms/processes/users-of-directory.js';
import { AgentReport } from '../report/agent-report.js';
import { StatusSnapshot } from '../report/status-snapshot.js';
import { type AgentDirectory, prepareDirectory, unsafeTruststore } from '../state/agent-directory.js';
import { AgentKey, loadAgentKey } from '../state/agent-key.js';
import { lockDirectory } from '../state/directory-lock.js';
import { readEnrollment } from '../state/enrollment-store.js';
import { HighWaterMarks } from '../state/high-water-marks.js';
import { KeyListStore } from '../state/key-list-store.js';
import { RegistrationStore } from '../state/registration-store.js';
import { isNoRoom } from '../state/disk-space.js';
import { restorableFiles } from '../state/restorable-files.js';
import { StateGuard } from '../state/state-guard.js';
import { StateStore } from '../state/state-store.js';
import { AskedJdks } from '../truststore/asked-jdks.js';
import { BaseStore } from '../truststore/base-store.js';
import { markerOf } from '../truststore/marker.js';
import { TruststoreUpdater } from '../truststore/truststore-updater.js';
import { Quarantine } from '../truststore/quarantine.js';
import { Truststore } from '../truststore/truststore.js';
import { WrittenHistory } from '../truststore/written-history.js';
import { KeyRenewal } from './key-renewal.js';
import { roundToMicroseconds } from './round-to-microseconds.js';
import { Session } from './session.js';
import { Status } from './status.js';

/** The agent of one environment on this host. */
export class HostAgent {
  readonly #log: Log;
  readonly #directory: AgentDirectory;
  readonly #guard: StateGuard;
  #unlock: () => void;
  readonly #store: StateStore;
  readonly #history: WrittenHistory;
  readonly #base: BaseStore;
  readonly #truststore: TruststoreUpdater;
  readonly #registry: JvmRegistry;
  readonly #jvms: JvmMonitor;
  readonly #watchdog: Watchdog;
  readonly #http: ServiceClient;
  readonly #session: Session;
  readonly #renewal: KeyRenewal;
  readonly #status: Status;

  private constructor(
    config: Config,
    service: ServiceAccess,
    directory: AgentDirectory,
    unlock: () => void,
    key: AgentKey,
    log: Log,
    say: (status: string) => void,
  ) {
    this.#log = log;
    this.#directory = directory;
    this.#unlock = unlock;
    const registrations = new RegistrationStore(directory.state);
    const keyring = new Keyring(service.pinnedKeys, new KeyListStore(directory.state), log);
    this.#store = new StateStore(directory.state);
    const marks = new HighWaterMarks(directory.state);
    this.#history = new WrittenHistory(directory.state);
    this.#watchdog = new Watchdog(directory.state);
    this.#base = new BaseStore(config.base, config.basePassword, directory.state);
    const quarantine = new Quarantine(directory.state, log);
    const changed = (): void => this.#status.changed();
    const truststoreChanged = (): void => {
      changed();
      this.#session.reportBase();
    };
    const marker = markerOf(config.environment, directory.path);
    const truststore = new Truststore(directory.truststore, marker, this.#history, config.truststorePassword);
    this.#truststore = new TruststoreUpdater({
      path: directory.truststore,
      pemBundle: config.pemBundle ? directory.pemBundle : null,
      truststore,
      history: this.#history,
      base: this.#base,
      quarantine,
      jdks: new AskedJdks(config.base, marker, directory.state, log),
      log,
      usedBy: () =>
        usersOfDirectory({ jar: config.jvmAgentJar, directory: directory.path }, this.#watchdog).map(({ pid }) => pid),
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
    this.#jvms = new JvmMonitor(directory.jvms, this.#registry, this.#attacher(config, changed), log, () => {
      void this.#truststore.quarantine(this.#registry.unreadable());
      changed();
    });
    this.#http = new ServiceClient(service, directory.path, () => key.current);
    this.#session = new Session({
      environment: config.environment,
      service,
      key,
      keyring,
      http: this.#http,
      registrations,
      store: this.#store,
      marks,
      history: this.#history,
      base: this.#base,
      truststore: this.#truststore,
      log,
      stateLost: () => this.#guard.check(),
      changed,
      again: () => this.#status.again(),
    });
    this.#guard = new StateGuard(
      directory,
      restorableFiles({
        state: directory.state,
        key,
        enrollment: readEnrollment(directory.state),
        lock: () => (this.#unlock = lockDirectory(directory.state)),
        keyring,
        registrations,
        registration: () => this.#session.registration,
        store: this.#store,
        accepted: () => this.#session.accepted,
        marks,
        history: this.#history,
        quarantine,
        base: this.#base,
      }),
      log,
      () => {
        this.#jvms.watch();
        this.#truststore.watch();
      },
    );
    this.#renewal = new KeyRenewal({
      state: directory.state,
      service,
      keyring,
      key,
      http: this.#http,
      days: config.keyDays,
      renewed: () => this.#session.registrar.register(),
      log,
    });
    const report = new AgentReport({
      registry: this.#registry,
      history: this.#history,
      marks,
      truststore: this.#truststore,
      quarantine,
      http: this.#http,
      registrar: this.#session.registrar,
      keyring,
      stateProblem: () => this.#guard.problem,
    });
    const snapshot = new StatusSnapshot(directory.state, log);
    this.#status = new Status({ session: this.#session, report, snapshot, http: this.#http, key, log, say });
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
      unpackJar(config);
      writeJvmEnvironment(config);
      agent = new HostAgent(
        config,
        service,
        directory,
        unlock,
        new AgentKey(await loadAgentKey(directory.state)),
        log,
        say,
      );
      agent.#rebuild();
      if (!agent.hasTruststore && !agent.#truststore.isHeldBack)
        log.error('there is no truststore yet', { state: 'FAILED', reason: agent.#truststore.problem });
      else
        log.info('ready', {
          truststore: directory.truststore,
          entries: agent.#entries(),
          ms: roundToMicroseconds(performance.now() - startedAt),
        });
      return agent;
    } catch (error) {
      agent?.close();
      unlock();
      throw error;
    }
  }

  /** Closes what {@link open} has opened. */
  close(): void {
    this.#truststore.stop();
    this.#status.halt();
    this.#store.close();
  }

  /** False where no truststore is written yet: the disk is full, or running JVMs have more than base and marker. */
  get hasTruststore(): boolean {
    return this.#truststore.isReadable();
  }

  /** Connects and runs until {@link stop}. */
  start(): void {
    this.#watchdog.start();
    this.#truststore.start();
    this.#guard.start();
    this.#jvms.start();
    // A key that was to take over may be the one that the service knows.
    void this.#renewal.start().then(() => this.#session.start());
  }

  async stop(): Promise<void> {
    this.#guard.stop();
    this.#guard.check();
    const renewed = this.#renewal.stop();
    this.#session.stop();
    this.#jvms.stop();
    this.#truststore.stop();
    this.#status.stop();
    this.#http.close();
    await renewed;
    await this.#watchdog.stop();
    await this.#session.disconnect();
    this.#store.close();
    this.#unlock();
  }

  #rebuild(): void {
    const unsafe = unsafeTruststore(this.#directory.truststore);
    if (unsafe) throw unsafe;
    this.#base.refresh();
    const ours = this.#session.restore();
    this.#truststore.rebuild(ours);
    const { problem } = this.#truststore;
    // A problem that passes by itself is reported, and the write is retried.
    if (!this.hasTruststore && problem !== null && !isNoRoom(problem.split(': ')[1] ?? ''))
      throw new TrustcastError('TRUSTSTORE_NOT_WRITTEN', problem);
    this.#session.resume(ours);
  }

  #entries(): number {
    const last = this.#history.last;
    return last ? last.managed + last.base + 1 : 0;
  }

  #attacher({ attach, jvmAgentJar }: Config, changed: () => void): Attacher | null {
    if (attach.length === 0 || jvmAgentJar === undefined) return null;
    const load = { jar: jvmAgentJar, options: `dir=${this.#directory.path}`, sharedFile: this.#directory.truststore };
    return new Attacher(this.#registry, load, this.#watchdog, this.#log, changed);
  }
}
