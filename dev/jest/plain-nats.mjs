import { once } from 'node:events';
import { createServer } from 'node:net';

/** What a man in the middle says in nats-server's place. */
const INFO =
  'INFO {"server_id":"x","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"client_id":1}\r\n';

/**
 * A server that speaks NATS, offers no TLS, and keeps what it is told.
 *
 * @returns {Promise<{ port: number, told: () => string, stop: () => void }>}
 */
export async function startPlainNats() {
  let told = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(INFO);
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      told += text;
      // Each is answered: who drains waits for the last of them.
      socket.write('PONG\r\n'.repeat(text.split('PING\r\n').length - 1));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { port, told: () => told, stop: () => void server.close() };
}
