import { type IncomingMessage, STATUS_CODES, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { ConnectionGate } from '../http/limits/connection-gate.js';
import { hasTooManyHeaders } from '../http/limits/limit-headers.js';

/** @param onKnown to be called when who is there has shown a valid token */
export type TakeOver = (request: IncomingMessage, socket: Socket, head: Buffer, onKnown: () => void) => void;

/**
 * Hands upgrades over. Any other request with an `Upgrade` is answered as if it had none, as RFC 9110 (7.8) allows:
 * Java's HttpClient asks for h2c with each first request.
 *
 * @param takes what a request is handed to; undefined: it is to be answered as a plain one
 */
export function routeUpgrades(
  server: Server,
  gate: ConnectionGate,
  takes: (request: IncomingMessage) => TakeOver | undefined,
): void {
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
    // Node's parser hands the connection over although earlier requests on it have no answer yet.
    gate.whenAnswered(socket, () => {
      if (hasTooManyHeaders(request)) {
        // Where its body ends may have been said by one that is not here any more: nothing after it can be read.
        socket.end(refusalText(431));
        socket.resume();
        setTimeout(() => socket.destroy(), UNREAD_MS).unref();
        return;
      }
      const takeOver = takes(request);
      if (takeOver) {
        takeOver(request, socket, head, () => gate.known(socket));
        return;
      }
      // Node has nothing to give a connection back with but to let it come in again, with what was read of it.
      socket.unshift(Buffer.concat([plainHead(request), head]));
      server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket);
    }),
  );
}

/** Time for a refused peer to read the reason. */
const UNREAD_MS = 2_000;

const OF_UPGRADES = new Set(['upgrade', 'http2-settings']);

/** The request's head without what asks for another protocol. */
function plainHead({ method = '', url = '', httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    const kept = name.toLowerCase() === 'connection' ? withoutUpgrades(value) : value;
    if (!OF_UPGRADES.has(name.toLowerCase()) && kept !== '') lines.push(`${name}: ${kept}`);
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

function withoutUpgrades(connection: string): string {
  const options = connection.split(',').filter((option) => !OF_UPGRADES.has(option.trim().toLowerCase()));
  return options.join(',').trim();
}

function refusalText(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`;
}
