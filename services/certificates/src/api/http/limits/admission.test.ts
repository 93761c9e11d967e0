import { EventEmitter, once } from 'node:events';
import { expect, test } from '@jest/globals';
import { fastify } from 'fastify';
import { Admission } from './admission.js';

test('beyond so many requests under way others are told when to come again, but for paths that are free', async () => {
  const server = fastify();
  let deferred = 0;
  new Admission({ total: 1, each: 1, senders: 'callers' }, () => (deferred += 1)).watch(server, ['/free']);
  const events = new EventEmitter();
  const begun = once(events, 'begun');
  server.get('/slow', async () => {
    const ended = once(events, 'end');
    events.emit('begun');
    await ended;
    return 'slow';
  });
  server.get('/free', () => 'free');
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const slow = fetch(`${url}/slow`);
  await begun;

  const refused = await fetch(`${url}/slow`);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    code: 'OVERLOADED',
    detail: expect.stringMatching(/too many callers ask/),
  });
  expect(await (await fetch(`${url}/free`)).text()).toBe('free');
  expect(deferred).toBe(1);

  events.emit('end');
  expect(await (await slow).text()).toBe('slow');
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  await server.close();
});
