import { describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpClient } from '@trustcast/http-client';

const PROGRAM = fileURLToPath(new URL('./swallowed-answer.js', import.meta.url));
const AT_ONCE = fileURLToPath(new URL('./many-at-once.js', import.meta.url));
/** This Node, and those beside it that the machine has. */
const nodes = [
  process.execPath,
  ...['node20', 'node22', 'node24'].flatMap(
    (name) =>
      (process.env.PATH ?? '')
        .split(delimiter)
        .map((folder) => join(folder, name))
        .find((path) => existsSync(path)) ?? [],
  ),
];

async function ended(node: string, ...args: readonly string[]): Promise<{ code: string; ms: number; idle: boolean }> {
  const { stdout } = await promisify(execFile)(node, ['--expose-gc', PROGRAM, ...args], { timeout: 30_000 });
  const [code = '', ms, idle] = stdout.trim().split(' ');
  return { code, ms: Number(ms), idle: idle === 'true' };
}

describe.each(nodes)('under %s, while garbage is collected all the time', (node) => {
  test.each(['nothing', 'a part'])(
    'a request that is answered %s ends when nothing has moved for its idle limit',
    async (answered) => {
      const { code, ms, idle } = await ended(node, answered, '400', '20000');
      expect({ code, idle }).toEqual({ code: 'HTTP_TIMEOUT', idle: true });
      expect(ms).toBeGreaterThanOrEqual(390);
    },
  );

  test('a request whose answer trickles ends at its total limit', async () => {
    const { code, ms } = await ended(node, 'a trickle', '5000', '700');
    expect(code).toBe('HTTP_TIMEOUT');
    expect(ms).toBeGreaterThanOrEqual(690);
  });
});

test('an answer that takes longer than the idle limit, and moves, arrives whole', async () => {
  const server = createServer((_request, response) => {
    let left = 12;
    const timer = setInterval(() => {
      response.write('x');
      if ((left -= 1) > 0) return;
      clearInterval(timer);
      response.end();
    }, 50);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const client = new HttpClient({ limits: { idleMs: 300, totalMs: 20_000 } });
  try {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const { body } = await client.send({ method: 'GET', url, headers: {}, maxBytes: 1_024 });
    expect(body.toString()).toBe('x'.repeat(12));
  } finally {
    client.close();
    server.close();
  }
});

test('many requests at once write no warning', async () => {
  const { stderr } = await promisify(execFile)(process.execPath, [AT_ONCE], { timeout: 30_000 });
  expect(stderr).toBe('');
});
