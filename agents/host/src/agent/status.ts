import type { Log } from '@trustcast/config';
import { type AgentStatus, signAgentStatus } from '@trustcast/schema';
import type { ServiceClient } from '../distribution/service-client.js';
import { ServiceRequestError } from '../errors.js';
import type { AgentReport } from '../report/agent-report.js';
import { statusChangeKey } from '../report/status-change-key.js';
import type { AgentKey } from '../state/agent-key.js';
import { Reporter } from '../report/reporter.js';
import { StatusRoute } from '../report/status-route.js';
import type { StatusSnapshot } from '../report/status-snapshot.js';
import type { Session } from './session.js';

export interface StatusParts {
  readonly session: Session;
  readonly report: AgentReport;
  readonly snapshot: StatusSnapshot;
  readonly http: ServiceClient;
  readonly key: AgentKey;
  readonly log: Log;
  /** Notifies the service manager. */
  readonly say: (status: string) => void;
}

/** Reports the state of the agent to the service, the command line and the service manager. */
export class Status {
  readonly #parts: StatusParts;
  readonly #reporter: Reporter<AgentStatus>;
  readonly #route: StatusRoute;

  constructor(parts: StatusParts) {
    this.#parts = parts;
    const { session, log } = parts;
    this.#reporter = new Reporter({
      compose: () => this.#compose(),
      statusChangeKey,
      send: (status) => this.#send(status),
      log,
    });
    this.#route = new StatusRoute({
      nats: () => session.nats,
      post: (compact) => this.#post(compact),
      isKnown: () => session.registrar.refusal?.startsWith('REVOKED') !== true,
      again: () => this.#reporter.again(),
      log,
    });
  }

  /** Reports a change. */
  changed(): void {
    this.#reporter.changed();
  }

  /** Reports again: the last report may not have arrived. */
  again(): void {
    this.#reporter.again();
  }

  /** Stops reporting. */
  halt(): void {
    this.#reporter.stop();
  }

  stop(): void {
    this.#reporter.stop();
    this.#route.stop();
    this.#parts.snapshot.stop();
  }

  #compose(): AgentStatus {
    const status = this.#parts.report.compose({
      registration: this.#parts.session.registration,
      distribution: this.#parts.session.distribution,
      maxPayload: this.#parts.session.nats?.maxPayload,
    });
    this.#parts.say(`${status.state}${status.reason === null ? '' : ` ${status.reason}`}`);
    this.#parts.snapshot.take(status, this.#parts.session.nats?.isConnected ?? false);
    return status;
  }

  /** @returns number of bytes sent */
  async #send(status: AgentStatus): Promise<number> {
    if (!this.#parts.session.registration) return 0;
    const compact = await signAgentStatus(status, this.#parts.key.current);
    this.#route.send(compact);
    return compact.length;
  }

  async #post(compact: string): Promise<void> {
    const environment = this.#parts.session.registration?.environment.name;
    if (environment === undefined) return;
    try {
      const heartbeat = await this.#parts.http.status(environment, compact);
      this.#parts.session.distribution?.receive(heartbeat, 'answer');
    } catch (error) {
      // The service may know this agent by another key, or not at all: registering shows which.
      if (isRefusal(error)) this.#parts.session.registrar.register();
      throw error;
    }
  }
}

function isRefusal(error: unknown): boolean {
  const status = error instanceof ServiceRequestError ? (error.answer?.status ?? 0) : 0;
  return status === 400 || status === 401 || status === 403;
}
