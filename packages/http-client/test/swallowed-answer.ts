import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient, HttpError } from '@trustcast/http-client';

/**
 * Asks a server that takes a request and answers a part of it, or nothing, while garbage is collected all the time. Prints
 * the code of the error and how long it took in milliseconds.
 */
const [, , answered = '', idleMs = '0', totalMs = '0'] = process.argv;
const server = createServer((_request, response) => {
  if (answered === 'nothing') return;
  response.writeHead(200);
  response.write('{');
  if (answered === 'a trickle') setInterval(() => response.write(' '), 50);
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
setInterval(() => globalThis.gc?.(), 20);

const client = new HttpClient({ limits: { idleMs: Number(idleMs), totalMs: Number(totalMs) } });
const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
const startedAt = performance.now();
try {
  await client.send({ method: 'GET', url, headers: {}, maxBytes: 1_024 });
} catch (error) {
  const code = error instanceof HttpError ? error.code : String(error);
  process.stdout.write(`${code} ${Math.round(performance.now() - startedAt)} ${client.waitingSince === null}\n`);
}
process.exit();
