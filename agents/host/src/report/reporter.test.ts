import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLog } from '../log.js';
import { Reporter } from './reporter.js';

describe('the reporter', () => {
  const sent: string[] = [];
  let composed = 0;
  let reporter: Reporter;
  beforeEach(() => {
    jest.useFakeTimers();
    sent.length = 0;
    composed = 0;
    const compose = (): Promise<string> => Promise.resolve(`status ${(composed += 1)}`);
    reporter = new Reporter(compose, (status) => sent.push(status) > 0, createLog('silent'));
  });
  afterEach(() => {
    reporter.stop();
    jest.useRealTimers();
  });

  test('sends the first change at once and a burst after it as one more', async () => {
    reporter.changed();
    await jest.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(['status 1']);
    for (let n = 0; n < 100; n += 1) reporter.changed();
    await jest.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(['status 1', 'status 2']);
  });

  test('repeats itself every 15 s while nothing changes', async () => {
    await jest.advanceTimersByTimeAsync(60_000);
    expect(sent).toHaveLength(4);
  });

  test('a status that cannot be made does not end the reports', async () => {
    reporter.stop();
    let fails = true;
    const compose = (): Promise<string> => (fails ? Promise.reject(new Error('no key')) : Promise.resolve('status'));
    reporter = new Reporter(compose, (status) => sent.push(status) > 0, createLog('silent'));
    reporter.changed();
    await jest.advanceTimersByTimeAsync(10);
    fails = false;
    reporter.changed();
    await jest.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(['status']);
  });
});
