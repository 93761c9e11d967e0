import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpClient } from '@trustcast/http-client';

/** Sends more requests at a time than an event target has listeners without a warning. */
const server = createServer((_request, response) => setTimeout(() => response.end(), 100)).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
const client = new HttpClient();
await Promise.all(Array.from({ length: 20 }, () => client.send({ method: 'GET', url, headers: {}, maxBytes: 1 })));
client.close();
server.close();
