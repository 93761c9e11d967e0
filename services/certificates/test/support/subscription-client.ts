import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Harness } from './harness.js';
import type { ServiceProcess } from './service-process.js';

/** A client of its own connection, which ends with the harness. */
export function subscriptionClient(harness: Harness, { url, token: own }: ServiceProcess, token = own): Client {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  harness.onStop(async () => client.dispose());
  return client;
}
