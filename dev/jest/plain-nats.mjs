import { once } from 'node:events';
import { createServer } from 'node:net';

/** First line of nats-server, as a man in the middle sends it. */
const INFO = { server_id: 'x', version: '2.10.0', proto: 1, headers: true, max_payload: 1_048_576, client_id: 1 };

/**
 * A server that speaks NATS, offers no TLS, and keeps what it is told. One that tells of others hangs up on who subscribes.
 *
 * @param {readonly number[]} [others] ports of servers that it calls members of its cluster
 * @returns {Promise<{ port: number, told: () => string, connections: () => number, stop: () => void }>}
 */
export async function startPlainNats(others) {
  let told = '';
  let connections = 0;
  const urls = others?.map((other) => `127.0.0.1:${other}`);
  const server = createServer((socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.write(`INFO ${JSON.stringify({ ...INFO, connect_urls: urls })}\r\n`);
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      told += text;
      // Each is answered: who drains waits for the last of them.
      socket.write('PONG\r\n'.repeat(text.split('PING\r\n').length - 1));
      if (urls && text.includes('SUB ')) socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port, told: () => told, connections: () => connections, stop: () => void server.close() };
}
