import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A connection that says whatever a test wants, and outlives whatever the other end does to it. */
export async function rawConnection(url: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url);
  const to = { host: hostname, port: Number(port) };
  const overTls = protocol === 'https:';
  const socket = overTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
  socket.on('error', () => undefined);
  await once(socket, overTls ? 'secureConnect' : 'connect');
  return socket;
}

/** A request as text. @param headers beside Host */
export function requestText(
  line: string,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Buffer = '',
): Buffer {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`), Buffer.from(body)]);
}

export const WEB_SOCKET = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': 13,
  'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
  'sec-websocket-protocol': 'graphql-transport-ws',
};

/** Reads until the text holds, or the other end has closed. */
export async function readUntil(socket: Socket, holds: (text: string) => boolean): Promise<string> {
  let text = '';
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += (chunk as Buffer).toString('latin1');
      if (holds(text)) break;
    }
  } catch {
    // It was reset.
  }
  return text;
}

/** A frame as a client sends it, with a mask of zeros (RFC 6455, 5.2). */
export function frame(first: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([first, ...size, 0, 0, 0, 0]), payload]);
}

/** Upgrades a connection. What comes after the answer is left to be read. */
export async function webSocket(url: string, protocol = WEB_SOCKET['sec-websocket-protocol']): Promise<Socket> {
  const socket = await rawConnection(url);
  socket.write(requestText('GET /graphql', { ...WEB_SOCKET, 'sec-websocket-protocol': protocol }));
  const answer = await readUntil(socket, (text) => text.includes('\r\n\r\n'));
  const rest = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  if (rest !== '') socket.unshift(Buffer.from(rest, 'latin1'));
  return socket;
}
