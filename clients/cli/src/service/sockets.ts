import { trustedAuthorities } from '@trustcast/http-client';
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { Config } from '../config.js';

const SOCKET_WAIT_MS = 30_000;
/** Operations of one WebSocket; the service accepts 100. */
const MAX_OPERATIONS = 50;

export interface Socket {
  readonly client: Client;
  operations: number;
}

/** The WebSockets of a command, made when there is a subscription to carry. */
export class Sockets {
  readonly #endpoint: URL;
  readonly #config: Config;
  readonly #token: () => Promise<string>;
  readonly #sockets: Socket[] = [];

  constructor(endpoint: URL, config: Config, token: () => Promise<string>) {
    this.#token = token;
    this.#endpoint = endpoint;
    this.#config = config;
  }

  /** A WebSocket that can carry one more operation. */
  withRoom(): Socket {
    const found = this.#sockets.find(({ operations }) => operations < MAX_OPERATIONS);
    if (found) return found;
    const socket = { client: this.#connect(), operations: 0 };
    this.#sockets.push(socket);
    return socket;
  }

  close(): void {
    for (const { client } of this.#sockets) void client.dispose();
  }

  #connect(): Client {
    const { ca } = this.#config;
    let connected = false;
    return createClient({
      url: this.#endpoint.href.replace(/^http/, 'ws'),
      webSocketImpl: socketsOf(ca === null ? undefined : trustedAuthorities(ca)),
      connectionAckWaitTimeout: SOCKET_WAIT_MS,
      // Asked for anew by each connection: a token may have ended since.
      connectionParams: async () => ({ authorization: `Bearer ${await this.#token()}` }),
      // A connection that never was is no outage: whoever follows asks in another way.
      on: { connected: () => (connected = true) },
      shouldRetry: () => connected,
      lazyCloseTimeout: 0,
    });
  }
}

/** `ws` with the CAs that are trusted, and an end to waiting for the handshake. */
function socketsOf(ca: string[] | undefined): unknown {
  return class extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { handshakeTimeout: SOCKET_WAIT_MS, ...(ca && { ca }) });
    }
  };
}
