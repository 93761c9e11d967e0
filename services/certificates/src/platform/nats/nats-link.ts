import { setTimeout as delay } from 'node:timers/promises';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import type { Log } from '@trustcast/config';
import { trustedAuthorities } from '@trustcast/http-client';
import { plainServers, subjectsOf } from '@trustcast/schema';
import type { NatsRoad } from '../../config.js';
import type { ProblemReports } from '../problems/problem-reports.js';

export interface NatsLink {
  /** The current connection; null if there is none. */
  readonly connection: () => NatsConnection | null;
  /** Calls back with the current connection and with each later one. @returns ends the subscription */
  onConnected(listener: (connection: NatsConnection) => void): () => void;
  /** Replaces a connection on which the server does not answer. */
  distrust(connection: NatsConnection): void;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** Interval of pings; a lost server is noticed after two of them. */
const PING_MS = 2_000;
const RETRY_MS = { first: 250, last: 5_000 };
const CLOSE_TIMEOUT_MS = 2_000;
const NOT_CONNECTED = 'NATS is not connected; agents fetch changes over HTTP meanwhile';

/**
 * Connects to NATS in the background, and again whenever that ends. PostgreSQL is the truth and NATS a doorbell: nobody
 * waits for it. Each attempt is a connection of its own, so that the cause of its failure is known.
 */
export function linkNats(settings: NatsRoad, installation: string, problems: ProblemReports, log: Log): NatsLink {
  const listeners = new Set<(connection: NatsConnection) => void>();
  const stopping = new AbortController();
  const isStopping = () => stopping.signal.aborted;
  let current: NatsConnection | null = null;
  /** Members of a cluster that a server announced; they may be reachable when those of the settings are not. */
  let discovered: readonly string[] = [];

  const attempt = async () => {
    const connection = await connect({
      ...optionsOf(settings, [...settings.servers, ...discovered]),
      inboxPrefix: subjectsOf(installation).serviceInbox,
    });
    if (isStopping()) return connection.close();
    discovered = membersToldOf(settings, connection.info);
    current = connection;
    log.info('NATS is connected', { server: connection.getServer() });
    problems.ended('NATS_UNAVAILABLE', 'NATS is connected again');
    for (const listener of listeners) listener(connection);
    const error = await connection.closed();
    current = null;
    if (!isStopping()) throw error ?? new Error('the connection was closed');
  };
  const run = async () => {
    for (let waitMs = RETRY_MS.first; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, RETRY_MS.last)) {
      const startedAt = performance.now();
      await attempt().catch((error: unknown) => problems.began('NATS_UNAVAILABLE', NOT_CONNECTED, explain(error)));
      if (performance.now() - startedAt > RETRY_MS.last) waitMs = RETRY_MS.first;
      await delay(waitMs * (0.75 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  void run();

  return {
    connection: () => (current?.isClosed() === false ? current : null),
    onConnected: (listener) => {
      listeners.add(listener);
      if (current) listener(current);
      return () => void listeners.delete(listener);
    },
    distrust: (connection) => {
      if (current !== connection) return;
      current = null;
      problems.began('NATS_UNAVAILABLE', NOT_CONNECTED, 'the server does not answer');
      void connection.close().catch(() => undefined);
    },
    close: async () => {
      stopping.abort();
      const last = current;
      if (!last) return;
      const closed = last.drain().catch(() => undefined);
      // Draining needs the server, which may be cut off.
      if ((await Promise.race([closed, delay(CLOSE_TIMEOUT_MS, 'late', { ref: false })])) === 'late')
        await last.close().catch(() => undefined);
    },
  };
}

export function optionsOf({ user, password, ca }: Omit<NatsRoad, 'allowPlain'>, servers: readonly string[]) {
  return {
    servers: [...servers],
    ...(user !== null && password !== null && { user, pass: password }),
    // Without the option, the password is sent in the clear to a server that offers no TLS, whatever the URL says.
    ...(servers.some((server) => server.startsWith('tls:')) && {
      tls: ca === null ? {} : { ca: trustedAuthorities(ca).join('\n') },
    }),
    name: 'trustcast service',
    reconnect: false,
    // Those of a cluster are looked at before they are used.
    ignoreClusterUpdates: true,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_MS,
  };
}

/**
 * Servers that one of the settings' servers tells of. It tells before TLS begins, when anybody may be on the way: with `tls://`,
 * which keeps the password from him, only the settings count. Without TLS, those of this machine, unless others are allowed.
 */
export function membersToldOf(
  { servers, allowPlain }: Pick<NatsRoad, 'servers' | 'allowPlain'>,
  info: object = {},
): string[] {
  if (servers.some((server) => server.startsWith('tls:'))) return [];
  const { connect_urls: urls = [] } = info as { connect_urls?: readonly string[] };
  const others = urls.map((address) => `nats://${address}`).filter((url) => !servers.includes(url));
  return allowPlain ? others : others.filter((url) => plainServers([url]).length === 0);
}

const TLS_CODES = /^(DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS_|ERR_SSL_)/;

/** Adds what to check to errors of the library that do not say it. */
function explain(error: unknown): unknown {
  let cure: string | undefined;
  for (let at = error; at instanceof Error && cure === undefined; at = at.cause) {
    const { code = '', name, message } = at as NodeJS.ErrnoException;
    if (TLS_CODES.test(code)) cure = 'the TLS certificate of the server is not trusted; name its CA by NATS_CA_FILE';
    else if (/authoriz|authentic/i.test(`${name} ${message}`))
      cure = 'the server refuses the login; check NATS_USER and NATS_PASSWORD';
    else if (message.includes("does not support 'tls'"))
      cure = 'the server offers no TLS though NATS_URL says tls://; check NATS_URL, or switch TLS on in nats-server';
    else if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') cure = 'the host is not known; check NATS_URL';
    else if (code === 'ECONNREFUSED') cure = 'nothing listens there; check NATS_URL, or start nats-server';
  }
  return cure === undefined ? error : new Error(cure, { cause: error });
}
