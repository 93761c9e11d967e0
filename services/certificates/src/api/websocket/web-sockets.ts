import type { IncomingMessage } from 'node:http';
import type { Log } from '@trustcast/config';
import { CloseCode, type Server as Protocol, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClientAddress } from '../http/client-address.js';
import type { TakeOver } from './upgrades.js';

/** Part of a connection that the protocol's handlers use. */
export interface Peer {
  readonly header: string | undefined;
  readonly address: string | null;
  close(code: number, reason: string): void;
  /** Called when the peer has shown a valid token. */
  known(): void;
  /** Calls back when the connection has ended. */
  onClosed(listener: () => void): void;
}

export interface WebSockets {
  /** What takes an upgrade over; undefined: the request is none for a WebSocket on `/graphql`. */
  readonly takes: (request: IncomingMessage) => TakeOver | undefined;
  readonly count: () => number;
  close(): void;
}

const LIMITS = {
  /** Of one message, with all its fragments. */
  maxPayload: 256 * 1024,
  maxFragments: 256,
  maxBufferedChunks: 1_024,
  /** Answers to pings that the peer does not read. */
  maxPendingAutoPongs: 64,
  perMessageDeflate: false,
  closeTimeout: 2_000,
} as const;
/** A peer is not listened to while so much lies there that it has not read. */
const MAX_UNREAD_BYTES = 256 * 1024;
const MAX_SOCKETS = 2_048;
const KEEP_ALIVE_MS = 15_000;
const GOING_AWAY = 1001;
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/**
 * Carries a protocol of graphql-ws over `ws`. Its own adapter writes every error of a peer to standard error, with its
 * stack, and listens to the first error of a socket only.
 */
export function webSockets(protocol: Protocol<Peer>, addressOf: ClientAddress, log: Log): WebSockets {
  const server = new WebSocketServer({ noServer: true, ...LIMITS, handleProtocols });
  let closing = false;
  return {
    takes: (request) => {
      if (closing || server.clients.size >= MAX_SOCKETS || !isWebSocket(request)) return undefined;
      return (taken, stream, head, onKnown) =>
        server.handleUpgrade(taken, stream, head, (socket) =>
          carry(protocol, socket, taken, { onKnown, addressOf, log }),
        );
    },
    count: () => server.clients.size,
    close: () => {
      closing = true;
      for (const socket of server.clients) socket.close(GOING_AWAY, 'the service is going away');
    },
  };
}

function carry(
  protocol: Protocol<Peer>,
  socket: WebSocket,
  request: IncomingMessage,
  { onKnown, addressOf, log }: { readonly onKnown: () => void; readonly addressOf: ClientAddress; readonly log: Log },
): void {
  let alive = true;
  const pings = setInterval(() => {
    // Who is not listened to cannot answer; a peer that reads nothing at all is ended by the gate.
    if (!alive && !socket.isPaused) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
  }, KEEP_ALIVE_MS);
  socket.on('error', (error) => log.debug('a WebSocket failed', { error }));
  socket.on('pong', () => (alive = true));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      // What cannot be sent need not be: the connection has ended.
      send: (data) =>
        new Promise((resolve) => {
          if (socket.readyState !== socket.OPEN) {
            resolve();
            return;
          }
          socket.send(data, () => {
            if (socket.isPaused && socket.bufferedAmount < MAX_UNREAD_BYTES) socket.resume();
            resolve();
          });
          if (socket.bufferedAmount >= MAX_UNREAD_BYTES) socket.pause();
        }),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (receive) =>
        socket.on('message', (data) => {
          alive = true;
          receive((data as Buffer).toString('utf8')).catch((error: unknown) => {
            log.debug('a message over a WebSocket cannot be handled', { error });
            socket.close(CloseCode.BadRequest, 'the message cannot be handled');
          });
        }),
    },
    {
      header: request.headers.authorization,
      address: addressOf(request),
      close: (code, reason) => socket.close(code, reason),
      known: onKnown,
      onClosed: (listener) => void socket.once('close', listener),
    },
  );
  socket.once('close', (code, reason) => {
    clearInterval(pings);
    closed(code, reason.toString('utf8')).catch((error: unknown) => log.error('a subscription failed', { error }));
  });
}

/** RFC 6455, 4.2.1. */
function isWebSocket({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    url?.split('?', 1)[0] === '/graphql' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    KEY.test(headers['sec-websocket-key'] ?? '')
  );
}
