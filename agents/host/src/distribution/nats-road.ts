import type { KeyObject } from 'node:crypto';
import { trustedAuthorities } from '@trustcast/http-client';
import {
  HEARTBEAT_INTERVAL_MS,
  type InstallationSubjects,
  type NatsAccess,
  inboxOf,
  natsLogin,
  subjectsOf,
} from '@trustcast/schema';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import type { Log } from '@trustcast/config';
import { Backoff } from './backoff.js';
import type { Road } from './distribution.js';

const CONNECT_TIMEOUT_MS = 5_000;
// The service calls an agent unreachable after 60 s, so a dead peer must be noticed well before.
const PING_INTERVAL_MS = 10_000;
/** How often it is looked whether there may be a connection again; being told is what wakes. */
const SUSPENDED_MS = 60_000;

/** A connection on which nothing comes for so long leads nowhere, or the service has none. */
const SILENT_MS = HEARTBEAT_INTERVAL_MS + 5_000;
/** A server that is started again is back within seconds: nobody goes another way for that. */
const AWAY_AFTER_MS = 5_000;

/** Of a server that was not told otherwise. */
export const DEFAULT_MAX_PAYLOAD = 1_024 * 1_024;

export interface NatsRoadParts {
  readonly installation: string;
  readonly environment: string;
  readonly agent: string;
  /** Logs in where the service tells no user: nats-server knows the agent by its key. */
  readonly privateKey: KeyObject;
  /** PEM of CAs that are trusted beside Node's, where a server is `tls://`. */
  readonly ca: string | null;
  readonly receive: (bytes: Uint8Array, road: Road) => void;
  /** After the first connection and after each one that follows a break. */
  readonly connected: (server: string) => void;
  /** The server does not take these credentials; the service may know others. */
  readonly refused: () => void;
  readonly log: Log;
}

/** Core subscriptions to an environment's events and heartbeats, and the subject on which this agent reports. */
export class NatsRoad {
  readonly #parts: NatsRoadParts;
  readonly #subjects: InstallationSubjects;
  readonly #backoff = new Backoff(250, 10_000);
  #access: NatsAccess;
  #connection: NatsConnection | null = null;
  #connected = false;
  #stopped = false;
  #suspended = false;
  /** When something came last, or the connection was made. */
  #heardAt = -Infinity;
  #lostAt = performance.now();
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;

  constructor(access: NatsAccess, parts: NatsRoadParts) {
    this.#access = access;
    this.#parts = parts;
    this.#subjects = subjectsOf(parts.installation);
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Whether the service has not been heard here for long enough to look for another way to it. */
  get isAway(): boolean {
    const now = performance.now();
    return this.#connected ? now - this.#heardAt >= SILENT_MS : now - this.#lostAt >= AWAY_AFTER_MS;
  }

  /** What the server takes in one message. */
  get maxPayload(): number {
    return this.#connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Uses what the service told newly; a connection made with other access ends. */
  use(access: NatsAccess): void {
    if (JSON.stringify(access) === JSON.stringify(this.#access)) return;
    this.#access = access;
    void this.#connection?.close();
    this.#wake?.();
  }

  /** Ends the connection and makes none until told otherwise: who is not believed any more is refused for ever. */
  suspend(isSuspended: boolean): void {
    if (isSuspended === this.#suspended) return;
    this.#suspended = isSuspended;
    if (isSuspended) void this.#connection?.close();
    else this.#wake?.();
  }

  /** Sends a status when there is a connection; the next one says everything again. */
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
      // The option demands TLS: without it, a server that offers none is told the login in the clear.
      ...(servers.some((server) => server.startsWith('tls:')) && {
        tls: ca === null ? {} : { ca: trustedAuthorities(ca).join('\n') },
      }),
      ...(user === null
        ? { authenticator: (nonce?: string) => natsLogin(this.#parts.privateKey, nonce) }
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
      noAsyncTraces: true,
    });
    this.#connection = connection;
    if (this.#stopped) return connection.close();
    const { environment, receive, log } = this.#parts;
    for (const road of ['changed', 'heartbeat'] as const)
      connection.subscribe(this.#subjects[road](environment), {
        callback: (error, message) => {
          if (error) log.error('subscription refused', { subject: this.#subjects[road](environment), error });
          else {
            this.#heardAt = performance.now();
            receive(message.data, road);
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

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
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
