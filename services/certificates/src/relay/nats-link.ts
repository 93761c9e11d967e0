import { type NatsConnection, connect } from '@nats-io/transport-node';
import { subjectsOf } from '@trustcast/schema';
import type { Logger } from 'pino';
import type { NatsSettings } from '../config.js';

export interface NatsLink {
  readonly connection: NatsConnection;
  readonly connected: () => boolean;
  /** After every reconnection. @returns ends the subscription */
  onReconnect(listener: () => void): () => void;
  close(): Promise<void>;
}

/** Connects, also when the server comes later, and stays connected. */
export async function linkNats(
  { servers, user, password }: NatsSettings,
  installation: string,
  log: Logger,
): Promise<NatsLink> {
  const connection = await connect({
    servers: [...servers],
    ...(user !== null && password !== null && { user, pass: password }),
    name: 'trustcast service',
    inboxPrefix: subjectsOf(installation).serviceInbox,
    // The user may be there before nats-server knows it: the file of users is read with a delay.
    ignoreAuthErrorAbort: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 10_000,
  });
  const listeners = new Set<() => void>();
  let connected = true;
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') {
        connected = false;
        log.warn('NATS is not connected');
      }
      if (type === 'reconnect') {
        connected = true;
        log.info('NATS is connected again');
        for (const listener of listeners) listener();
      }
    }
  })();
  return {
    connection,
    connected: () => connected,
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      // Draining needs the server; without it there is nothing to wait for.
      if (connected) await connection.drain();
      else await connection.close();
    },
  };
}
