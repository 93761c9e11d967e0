import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PullSchedule, type PullExtent } from './pull-schedule.js';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the schedule of pulls', () => {
  const pulled: PullExtent[] = [];
  let works = true;
  let schedule: PullSchedule;
  beforeEach(() => {
    pulled.length = 0;
    works = true;
    schedule = new PullSchedule((requested) => {
      pulled.push(requested);
      return Promise.resolve(works);
    });
  });
  afterEach(() => {
    schedule.stop();
  });

  test('many wishes are one pull, of the whole set where one of them asks for it', async () => {
    schedule.soon('after');
    schedule.now('whole');
    schedule.soon('after');
    await jest.advanceTimersByTimeAsync(100);
    expect(pulled).toEqual(['whole']);
  });

  test('a wish during a pull is heard after it', async () => {
    let end: (done: boolean) => void = () => undefined;
    schedule = new PullSchedule((requested) => {
      pulled.push(requested);
      return new Promise((resolve) => (end = resolve));
    });
    schedule.now('after');
    await jest.advanceTimersByTimeAsync(0);
    schedule.soon('whole');
    end(true);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(pulled).toEqual(['after', 'whole']);
  });

  test('failures back off to half a minute and a success starts afresh', async () => {
    works = false;
    schedule.now('after');
    await jest.advanceTimersByTimeAsync(10 * 60_000);
    const failed = pulled.length;
    expect(failed).toBeGreaterThan(20);
    expect(failed).toBeLessThan(60);
    works = true;
    await jest.advanceTimersByTimeAsync(31_000);
    expect(pulled.length).toBe(failed + 1);
    schedule.later('whole');
    await jest.advanceTimersByTimeAsync(501);
    expect(pulled.at(-1)).toBe('whole');
  });

  test('a connection that came back does not wait for the back-off', async () => {
    works = false;
    schedule.now('after');
    await jest.advanceTimersByTimeAsync(60_000);
    pulled.length = 0;
    works = true;
    schedule.afresh('after');
    await jest.advanceTimersByTimeAsync(101);
    expect(pulled).toEqual(['after']);
  });

  test('no wish and no connection that came back ends a pause that the service asked for', async () => {
    schedule.pauseFor(7_000);
    schedule.now('after');
    schedule.afresh('whole');
    await jest.advanceTimersByTimeAsync(6_900);
    expect(pulled).toEqual([]);
    await jest.advanceTimersByTimeAsync(200);
    expect(pulled).toEqual(['whole']);
  });

  test('does nothing once stopped', async () => {
    schedule.soon('after');
    schedule.stop();
    schedule.now('whole');
    await jest.advanceTimersByTimeAsync(60_000);
    expect(pulled).toEqual([]);
  });
});
