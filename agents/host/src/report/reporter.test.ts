import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createLog } from '@trustcast/config';
import { REPORT_INTERVAL_MS, UNREACHABLE_AFTER_MS } from '@trustcast/schema';
import { Reporter } from './reporter.js';

describe('the reporter', () => {
  const sent: string[] = [];
  let said = 'first';
  let fails = false;
  let reporter: Reporter<string>;
  beforeEach(() => {
    jest.useFakeTimers();
    sent.length = 0;
    said = 'first';
    fails = false;
    reporter = new Reporter({
      compose: () => {
        if (fails) throw new Error('no key');
        return said;
      },
      statusChangeKey: (status) => status,
      send: (status) => Promise.resolve(sent.push(status)),
      log: createLog('silent'),
    });
  });
  afterEach(() => {
    reporter.stop();
    jest.useRealTimers();
  });

  test('sends the first change at once and a burst after it as one more', async () => {
    reporter.changed();
    await jest.advanceTimersByTimeAsync(0);
    expect(sent).toEqual(['first']);
    for (let n = 0; n < 100; n += 1) {
      said = `change ${n}`;
      reporter.changed();
    }
    await jest.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(['first', 'change 99']);
  });

  test('says nothing where nothing that is reported has changed, unless it was missed', async () => {
    reporter.changed();
    await jest.advanceTimersByTimeAsync(100);
    for (let n = 0; n < 10; n += 1) {
      reporter.changed();
      await jest.advanceTimersByTimeAsync(100);
    }
    expect(sent).toEqual(['first']);
    reporter.again();
    await jest.advanceTimersByTimeAsync(100);
    expect(sent).toEqual(['first', 'first']);
  });

  test('repeats itself often enough that one lost report makes nobody unreachable', async () => {
    await jest.advanceTimersByTimeAsync(10 * REPORT_INTERVAL_MS);
    expect(sent.length).toBeGreaterThanOrEqual(9);
    expect(sent.length).toBeLessThanOrEqual(11);
    expect(2 * 1.1 * REPORT_INTERVAL_MS).toBeLessThan(0.8 * UNREACHABLE_AFTER_MS);
  });

  test('a status that cannot be made does not end the reports', async () => {
    fails = true;
    reporter.changed();
    await jest.advanceTimersByTimeAsync(10);
    fails = false;
    reporter.changed();
    await jest.advanceTimersByTimeAsync(10);
    expect(sent).toEqual(['first']);
  });
});
