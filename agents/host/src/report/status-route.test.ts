import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { ServiceRequestError } from '../errors.js';
import { StatusRoute } from './status-route.js';

describe('a status', () => {
  const posted: string[] = [];
  const published: string[] = [];
  let nats = { isConnected: true, isAway: false };
  let known = true;
  let failure: Error | null = null;
  let again = 0;
  let route: StatusRoute;
  beforeEach(() => {
    jest.useFakeTimers();
    posted.length = published.length = again = 0;
    nats = { isConnected: true, isAway: false };
    known = true;
    failure = null;
    route = new StatusRoute({
      nats: () => ({
        isAway: nats.isAway,
        report: (status) => nats.isConnected && published.push(status) > 0,
      }),
      post: (status) => {
        posted.push(status);
        return failure ? Promise.reject(failure) : Promise.resolve();
      },
      isKnown: () => known,
      again: () => (again += 1),
      log: createLog('silent'),
    });
  });
  afterEach(() => {
    route.stop();
    jest.useRealTimers();
  });

  test('goes by NATS alone while that is there', () => {
    route.send('one');
    expect([published, posted]).toEqual([['one'], []]);
  });

  test('waits while NATS may come back, and is said again then', async () => {
    nats.isConnected = false;
    route.send('one');
    await jest.advanceTimersByTimeAsync(4_000);
    expect([posted, again]).toEqual([[], 0]);
    await jest.advanceTimersByTimeAsync(6_001);
    expect([posted, again]).toEqual([[], 1]);
  });

  test('goes over HTTP while NATS is away, and by NATS as well where that is connected', async () => {
    nats = { isConnected: false, isAway: true };
    route.send('one');
    await jest.advanceTimersByTimeAsync(0);
    nats.isConnected = true;
    route.send('two');
    await jest.advanceTimersByTimeAsync(0);
    expect([published, posted]).toEqual([['two'], ['one', 'two']]);
  });

  test('that the service has no time for is not sent before the time that it names, and made anew then', async () => {
    nats = { isConnected: false, isAway: true };
    const answer = { status: 429, headers: { 'retry-after': '30' }, body: Buffer.alloc(0) };
    failure = new ServiceRequestError('HTTP_STATUS', 'too many', { answer });
    route.send('one');
    await jest.advanceTimersByTimeAsync(29_000);
    route.send('two');
    await jest.advanceTimersByTimeAsync(500);
    expect([posted, again]).toEqual([['one'], 0]);
    await jest.advanceTimersByTimeAsync(17_000);
    expect([posted, again]).toEqual([['one'], 1]);
  });

  test('of an agent that the service does not know any more is not sent over HTTP', async () => {
    nats = { isConnected: false, isAway: true };
    known = false;
    route.send('one');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(posted).toEqual([]);
  });
});
