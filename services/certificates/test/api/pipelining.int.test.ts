import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { rawConnection, readUntil, requestText } from '../support/raw-request.js';
import { residentBytes } from '../support/resident-bytes.js';
import { useService } from '../support/use-harness.js';

const service = useService();
const MB = 1024 * 1024;

function question(query: string): Buffer {
  const body = JSON.stringify({ query });
  return requestText(
    'POST /graphql',
    {
      authorization: `Bearer ${service.token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    },
    body,
  );
}

/** The whole schema: an answer of some hundred kilobytes. */
const SCHEMA = '__schema { types { name description fields { name description args { name description } } } }';
const LARGE = `{ ${Array.from({ length: 8 }, (_, at) => `a${at}: ${SCHEMA}`).join(' ')} }`;

/** Of GraphQL, read or not. */
async function answersMade(): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const counts = text.matchAll(/^trustcast_graphql_request_seconds_count\{.*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** How long a probe waits for its answer at most, while something goes on. */
async function slowestProbe(whileThis: Promise<unknown>): Promise<number> {
  let [slowest, going] = [0, true];
  void whileThis.finally(() => (going = false));
  while (going) {
    const asked = performance.now();
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200);
    slowest = Math.max(slowest, performance.now() - asked);
    await delay(5);
  }
  return slowest;
}

test('requests that are pipelined are answered one after the other, in their order', async () => {
  const socket = await rawConnection(service.url);
  const numbers = Array.from({ length: 30 }, (_, at) => at);
  socket.write(
    Buffer.concat(numbers.map((at) => question(`{ answer${at}: environment(name: "apimanager") { name } }`))),
  );
  const text = await readUntil(socket, (read) => read.includes('"answer29"'));
  socket.destroy();
  expect([...text.matchAll(/"answer(\d+)"/g)].map(([, at]) => Number(at))).toEqual(numbers);
});

test.each([
  ['of a stranger', () => requestText('GET /nothing')],
  ['of an administrator', () => question('{ environments { name } }')],
])('10,000 pipelined requests %s end their connection, hold no memory and stall nobody', async (_whose, request) => {
  await service.query('{ environments { name } }');
  const before = residentBytes(service.pid);
  const socket = await rawConnection(service.url);
  const one = request();
  socket.write(Buffer.concat(Array.from({ length: 10_000 }, () => one)));
  const reading = readUntil(socket, (text) => text.split('HTTP/1.1 ').length > 10_000);
  const slowest = await slowestProbe(reading);
  const answers = (await reading).split('HTTP/1.1 ').length - 1;
  expect(answers).toBeLessThan(200);
  expect(slowest).toBeLessThan(3_000);
  expect(residentBytes(service.pid) - before).toBeLessThan(100 * MB);
});

test('answers that nobody reads are made one at a time on each connection, and hold a bounded part of the memory', async () => {
  const warm = await rawConnection(service.url);
  warm.write(question(LARGE));
  await readUntil(warm, (text) => text.length > 100_000);
  warm.destroy();
  const before = residentBytes(service.pid);
  const made = await answersMade();
  const sockets: Socket[] = [];
  for (let at = 0; at < 10; at += 1) {
    const socket = await rawConnection(service.url);
    socket.pause();
    socket.write(Buffer.concat(Array.from({ length: 40 }, () => question(LARGE))));
    sockets.push(socket);
  }
  try {
    await slowestProbe(delay(6_000));
    expect((await answersMade()) - made).toBeLessThan(150);
    expect(residentBytes(service.pid) - before).toBeLessThan(150 * MB);
    await until(
      () => service.graphql('{ environments { name } }'),
      ({ errors }) => errors === undefined,
    );
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});
