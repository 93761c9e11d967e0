import type { KeyObject } from 'node:crypto';
import { trustedAuthorities } from '@trustcast/http-client';
import {
  HEARTBEAT_INTERVAL_MS,
  type InstallationSubjects,
  type NatsAccess,
  inboxOf,
  natsLogin,
  plainServers,
  subjectsOf,
} from '@trustcast/schema';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import type { Log } from '@trustcast/config';
import { Backoff } from './backoff.js';
import type { MessageSource } from './refused-messages.js';

const CONNECT_TIMEOUT_MS = 5_000;
// The service calls an agent unreachable after 60 s, so a dead peer must be noticed well before.
const PING_INTERVAL_MS = 10_000;
/** Interval of checks whether the subscription may resume; usually {@link NatsSubscriber.suspend} ends the wait. */
const SUSPENDED_MS = 60_000;

/** A connection without a message for so long is broken, or the service has none. */
const SILENT_MS = HEARTBEAT_INTERVAL_MS + 5_000;
/** A restarted server is back within seconds: statuses do not change their route for that. */
const AWAY_AFTER_MS = 5_000;

/** Default of nats-server. */
export const DEFAULT_MAX_PAYLOAD = 1_024 * 1_024;

export interface NatsSubscriberParts {
  readonly installation: string;
  readonly environment: string;
  readonly agent: string;
  /** Signs the login where the service names no user: nats-server knows the agent by its key, which may be renewed. */
  readonly privateKey: () => KeyObject;
  /** PEM of CAs that are trusted in addition to Node's, for servers with `tls://`. */
  readonly ca: string | null;
  /** Whether a login may go in the clear to another machine. */
  readonly allowPlain: boolean;
  readonly receive: (bytes: Uint8Array, source: MessageSource) => void;
  /** Called after the first connection and after each reconnection. */
  readonly connected: (server: string) => void;
  /** Called when the server refuses the credentials; the service may know others. */
  readonly refused: () => void;
  readonly log: Log;
}

/** Subscribes to the events and heartbeats of an environment, and publishes the reports of this agent. */
export class NatsSubscriber {
  readonly #parts: NatsSubscriberParts;
  readonly #subjects: InstallationSubjects;
  readonly #backoff = new Backoff(250, 10_000);
  #access: NatsAccess;
  #connection: NatsConnection | null = null;
  #connected = false;
  #stopped = false;
  #suspended = false;
  /** Time of the last message, or of the connection. */
  #heardAt = -Infinity;
  #lostAt = performance.now();
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;

  constructor(access: NatsAccess, parts: NatsSubscriberParts) {
    this.#access = access;
    this.#parts = parts;
    this.#subjects = subjectsOf(parts.installation);
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** True where the service was silent here for long enough to use another route. */
  get isAway(): boolean {
    const now = performance.now();
    return this.#connected ? now - this.#heardAt >= SILENT_MS : now - this.#lostAt >= AWAY_AFTER_MS;
  }

  /** Maximum size of a message that the server accepts. */
  get maxPayload(): number {
    return this.#connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Applies new access from the service; a connection made with other access ends. */
  use(access: NatsAccess): void {
    if (JSON.stringify(access) === JSON.stringify(this.#access)) return;
    this.#access = access;
    void this.#connection?.close();
    this.#wake?.();
  }

  /** Suspends or resumes the connection: a revoked agent would be refused for ever. */
  suspend(isSuspended: boolean): void {
    if (isSuspended === this.#suspended) return;
    this.#suspended = isSuspended;
    if (isSuspended) void this.#connection?.close();
    else this.#wake?.();
  }

  /** Publishes a status if there is a connection; the next status contains everything again. */
  report(compact: string): boolean {
    if (!this.#connection || !this.#connected) return false;
    this.#connection.publish(this.#subjects.status(this.#parts.environment, this.#parts.agent), compact);
    return true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    if (this.#connected) await this.#connection?.drain();
    else await this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (this.#suspended) {
        await this.#pause(SUSPENDED_MS);
        continue;
      }
      const plain = this.#parts.allowPlain ? [] : plainServers(this.#access.servers);
      if (plain.length > 0) {
        this.#parts.log.error(
          'NATS is not used: the service names servers on other machines without TLS; name tls:// by TRUSTCAST_AGENT_NATS_URL at the service, or set TRUSTCAST_ALLOW_PLAIN_NATS=true here',
          { servers: plain },
        );
        await this.#pause(null);
        continue;
      }
      try {
        await this.#connect();
      } catch (error) {
        if (isRefusal(error)) this.#parts.refused();
        this.#parts.log.warn('NATS cannot be reached', { error });
        await this.#pause(this.#backoff.nextMs());
      }
    }
  }

  /** Resolves when the connection has ended for good. */
  async #connect(): Promise<void> {
    const { servers, user, password } = this.#access;
    const { ca } = this.#parts;
    const connection = await connect({
      servers: [...servers],
      // The option requires TLS: without it, the login is sent in the clear to a server that offers none.
      ...(servers.some((server) => server.startsWith('tls:')) && {
        tls: ca === null ? {} : { ca: trustedAuthorities(ca).join('\n') },
      }),
      ...(user === null
        ? { authenticator: (nonce?: string) => natsLogin(this.#parts.privateKey(), nonce) }
        : { user, ...(password !== null && { pass: password }) }),
      name: `trustcast-agent ${this.#parts.agent}`,
      inboxPrefix: inboxOf(this.#parts.agent),
      timeout: CONNECT_TIMEOUT_MS,
      pingInterval: PING_INTERVAL_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      reconnectJitter: 500,
      reconnectJitterTLS: 500,
      ignoreAuthErrorAbort: true,
      // The registration names the servers and is signed. What a server says of others is not, and comes before TLS.
      ignoreClusterUpdates: true,
      noAsyncTraces: true,
    });
    this.#connection = connection;
    if (this.#stopped) return connection.close();
    const { environment, receive, log } = this.#parts;
    for (const source of ['changed', 'heartbeat'] as const)
      connection.subscribe(this.#subjects[source](environment), {
        callback: (error, message) => {
          if (error) log.error('subscription refused', { subject: this.#subjects[source](environment), error });
          else {
            this.#heardAt = performance.now();
            receive(message.data, source);
          }
        },
      });
    this.#backoff.reset();
    this.#up(connection.getServer());
    void this.#watch(connection);
    await connection.closed();
    this.#down();
    this.#connection = null;
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') this.#up(status.server);
      if (status.type === 'disconnect') {
        this.#down();
        this.#parts.log.warn('disconnected', { server: status.server });
      }
      if (status.type === 'error' && isRefusal(status.error)) this.#parts.refused();
    }
  }

  #up(server: string): void {
    this.#connected = true;
    this.#heardAt = performance.now();
    this.#parts.connected(server);
  }

  #down(): void {
    if (this.#connected) this.#lostAt = performance.now();
    this.#connected = false;
  }

  /** @param delayMs null: until something wakes it */
  #pause(delayMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const timer = delayMs === null ? undefined : setTimeout(resolve, delayMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && /authoriz|authentic|expired/i.test(`${error.name} ${error.message}`);
}
