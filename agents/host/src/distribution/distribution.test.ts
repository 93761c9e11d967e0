import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { STALE_AFTER_MS, signingKeyOf } from '@trustcast/schema';
import { DistributionBench, SCOPE } from '../../test/support/distribution-bench.js';
import { ServiceRequestError } from '../errors.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});
/** Another first byte of the signature; the last ones of an Ed25519 signature are zero too often. */
const otherSignature = (compact: string): string =>
  compact.replace(/\.(.)([^.]*)$/, (_, first: string, rest: string) => `.${first === 'A' ? 'B' : 'A'}${rest}`);
const microtasks = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

describe('distribution', () => {
  test('a delta on what is accepted is applied at once', async () => {
    const bench = await DistributionBench.at(3);
    bench.distribution.receive(await bench.event(4), 'changed');
    await microtasks();
    expect(bench.commits).toEqual([{ revision: 4, messages: 1 }]);
    expect(bench.distribution.isBehind).toBe(false);
  });

  test('what arrived together is applied in one commit, in whatever order it came', async () => {
    const bench = await DistributionBench.at(3);
    for (const order of [
      [6, 4, 7, 5],
      [9, 8],
    ]) {
      const events = await Promise.all(order.map((revision) => bench.event(revision)));
      for (const event of events) bench.distribution.receive(event, 'changed');
      await microtasks();
    }
    expect(bench.commits).toEqual([
      { revision: 7, messages: 4 },
      { revision: 9, messages: 2 },
    ]);
    expect(bench.distribution.accepted!.set).toEqual(bench.sets[9]);
  });

  test('a gap waits 200 ms for its predecessor and does not pull when that comes', async () => {
    const bench = await DistributionBench.at(3);
    bench.distribution.receive(await bench.event(5), 'changed');
    await jest.advanceTimersByTimeAsync(199);
    expect(bench.pulls).toEqual([]);
    bench.distribution.receive(await bench.event(4), 'changed');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(bench.revision).toBe(5);
    expect(bench.pulls).toEqual([]);
  });

  test('a gap that lasts leads to one pull from where we are', async () => {
    const bench = await DistributionBench.at(3);
    const answer = await bench.whole(6);
    bench.answer = () => Promise.resolve(answer);
    bench.distribution.receive(await bench.event(5), 'changed');
    bench.distribution.receive(await bench.event(6), 'changed');
    await jest.advanceTimersByTimeAsync(1_000);
    expect(bench.pulls).toEqual([3]);
    expect(bench.revision).toBe(6);
  });

  test('data that does not give the signed digest changes nothing and leads to a pull of the whole set', async () => {
    const bench = await DistributionBench.at(3);
    const answer = await bench.whole(4);
    bench.answer = () => Promise.resolve(answer);
    const planted = { upserts: [{ alias: 'evil', der: Uint8Array.of(6, 6, 6) }], removals: [] };
    bench.distribution.receive(await bench.event(4, planted), 'changed');
    await microtasks();
    expect(bench.revision).toBe(3);
    expect(bench.distribution.refused).toEqual({ DIGEST_MISMATCH: 1 });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(bench.pulls).toEqual([null]);
    expect([...bench.distribution.accepted!.set.keys()]).toEqual(['ca-1', 'ca-2', 'ca-3', 'ca-4']);
  });

  test('pulls back off while the service gives wrong data', async () => {
    const bench = await DistributionBench.at(3);
    const wrong = await bench.event(4, { upserts: [], removals: ['ca-1'] });
    bench.answer = () => Promise.resolve(wrong);
    bench.distribution.start();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(bench.pulls.length).toBeGreaterThan(4);
    expect(bench.pulls.length).toBeLessThan(12);
    expect(bench.revision).toBe(3);
    bench.distribution.stop();
  });

  test('a heartbeat ahead of us is a gap', async () => {
    const bench = await DistributionBench.at(3);
    const answer = await bench.whole(5);
    bench.answer = () => Promise.resolve(answer);
    bench.distribution.receive(await bench.heartbeat(5), 'heartbeat');
    await microtasks();
    expect(bench.distribution.isBehind).toBe(true);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(bench.revision).toBe(5);
  });

  test('an event without data, for being too large, is pulled without waiting for a predecessor', async () => {
    const bench = await DistributionBench.at(3);
    bench.distribution.receive(await bench.heartbeat(4), 'changed');
    await jest.advanceTimersByTimeAsync(101);
    expect(bench.pulls).toEqual([3]);
    bench.distribution.stop();
  });

  test('without a high-water mark what comes over NATS is not believed, only what was asked for', async () => {
    const bench = await DistributionBench.at(null);
    const whole = await bench.whole(2);
    bench.distribution.receive(whole, 'changed');
    await microtasks();
    expect(bench.revision).toBeUndefined();
    bench.answer = () => Promise.resolve(whole);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(bench.revision).toBe(2);
  });

  test('an equivocation changes nothing, is told, and ends with the next revision', async () => {
    const bench = await DistributionBench.at(3);
    bench.distribution.receive(await bench.heartbeat(3, { digest: 'e'.repeat(64) }), 'heartbeat');
    await microtasks();
    expect(bench.distribution.problem).toBe('EQUIVOCATION');
    expect(bench.commits).toEqual([]);
    bench.distribution.receive(await bench.event(4), 'changed');
    await microtasks();
    expect(bench.distribution.problem).toBeNull();
  });

  test('a service that says later what is behind, or beside, is behind; what was signed earlier is only late', async () => {
    const bench = await DistributionBench.at(3);
    const past = bench.nowMs - 60_000;
    bench.distribution.receive(await bench.heartbeat(2, { issuedAt: past }), 'heartbeat');
    bench.distribution.receive(await bench.heartbeat(3), 'heartbeat');
    await microtasks();
    expect(bench.behind).toBe(0);
    bench.distribution.receive(await bench.heartbeat(2, { issuedAt: bench.nowMs + 1 }), 'heartbeat');
    await microtasks();
    expect(bench.behind).toBe(1);
    const other = { digest: 'e'.repeat(64), issuedAt: bench.nowMs + 2 };
    bench.distribution.receive(await bench.heartbeat(3, other), 'answer');
    await microtasks();
    expect(bench.behind).toBe(2);
    bench.distribution.stop();
  });

  test('silence makes knowledge stale after 45 s, and a replayed heartbeat does not refresh it', async () => {
    const bench = await DistributionBench.at(3);
    const heartbeat = await bench.heartbeat(3);
    bench.distribution.receive(heartbeat, 'heartbeat');
    await microtasks();
    expect(bench.distribution.isStale).toBe(false);
    await jest.advanceTimersByTimeAsync(STALE_AFTER_MS - 1_000);
    bench.distribution.receive(heartbeat, 'heartbeat');
    await microtasks();
    expect(bench.distribution.isStale).toBe(false);
    await jest.advanceTimersByTimeAsync(1_001);
    expect(bench.distribution.isStale).toBe(true);
    bench.distribution.receive(await bench.heartbeat(3, { issuedAt: bench.nowMs + STALE_AFTER_MS }), 'heartbeat');
    await microtasks();
    expect(bench.distribution.isStale).toBe(false);
    bench.distribution.stop();
  });

  test('the heartbeat is asked for over HTTP while NATS is silent', async () => {
    const bench = await DistributionBench.at(3);
    const signed = Array.from({ length: 10 }, (_, n) => bench.heartbeat(3, { issuedAt: bench.nowMs + n * 15_000 }));
    const answers = await Promise.all(signed);
    bench.answer = () => Promise.resolve(answers.shift()!);
    bench.distribution.start();
    await jest.advanceTimersByTimeAsync(120_000);
    expect(answers.length).toBeLessThan(5);
    expect(bench.distribution.isStale).toBe(false);
    bench.distribution.stop();
  });

  test('a clock a day off is told with the offset and nothing is accepted', async () => {
    const bench = await DistributionBench.at(3);
    const answer = await bench.whole(4);
    bench.nowMs += 86_400_000;
    bench.answer = () => Promise.resolve(answer);
    bench.distribution.start();
    await jest.advanceTimersByTimeAsync(200);
    expect(bench.distribution.problem).toBe('CLOCK_SKEW: 86400000 ms');
    expect(bench.distribution.refused).toEqual({ EXPIRED: 1 });
    expect(bench.revision).toBe(3);
    bench.nowMs -= 86_400_000;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(bench.distribution.problem).toBeNull();
    expect(bench.revision).toBe(4);
    bench.distribution.stop();
  });

  test('an expired statement over NATS is a replay: counted, and no reason to doubt the clock', async () => {
    const bench = await DistributionBench.at(3);
    const heartbeat = await bench.heartbeat(3);
    const old = await bench.event(4);
    bench.nowMs += 3_600_000;
    bench.distribution.receive(old, 'changed');
    bench.distribution.receive(heartbeat, 'heartbeat');
    await microtasks();
    expect(bench.distribution.refused).toEqual({ EXPIRED: 2 });
    expect(bench.distribution.problem).toBeNull();
    expect(bench.revision).toBe(3);
    bench.distribution.stop();
  });

  test('a state that cannot be written accepts nothing, says why, and goes on once it can', async () => {
    const bench = await DistributionBench.at(3);
    bench.commitFails = true;
    bench.distribution.receive(await bench.event(4), 'changed');
    await microtasks();
    expect(bench.distribution.problem).toBe('STATE_NOT_WRITTEN: ENOSPC');
    expect(bench.revision).toBe(3);
    bench.commitFails = false;
    await jest.advanceTimersByTimeAsync(2_000);
    expect(bench.revision).toBe(4);
    expect(bench.distribution.problem).toBeNull();
    bench.distribution.stop();
  });

  test('what is forged, foreign or malformed is counted by reason and changes nothing', async () => {
    const bench = await DistributionBench.at(3);
    const stranger = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const event = JSON.parse(Buffer.from(await bench.event(4)).toString()) as { statement: string };
    const forged = Buffer.from(JSON.stringify({ ...event, statement: otherSignature(event.statement) }));
    bench.distribution.receive(await bench.heartbeat(4, { key: stranger }), 'heartbeat');
    bench.distribution.receive(await bench.heartbeat(4, { environment: SCOPE.installation }), 'heartbeat');
    bench.distribution.receive(await bench.heartbeat(2), 'heartbeat');
    bench.distribution.receive(forged, 'changed');
    bench.distribution.receive(Buffer.from('{'), 'changed');
    await microtasks();
    expect(bench.distribution.refused).toEqual({
      SIGNATURE_KEY_UNKNOWN: 1,
      WRONG_ENVIRONMENT: 1,
      OLD: 1,
      SIGNATURE_INVALID: 1,
      MALFORMED: 1,
    });
    expect(bench.unknownKeys).toBe(1);
    expect(bench.commits).toEqual([]);
    expect(bench.revision).toBe(3);
  });
});

describe('an answer that asks to be left alone', () => {
  const refusal = (retryAfter: string) =>
    new ServiceRequestError('HTTP_STATUS', 'GET /set answered 429', {
      answer: { status: 429, headers: { 'retry-after': retryAfter }, body: Buffer.alloc(0) },
    });

  test.each([
    ['9', 9_000],
    ['86400', 60_000],
  ])(
    'with Retry-After: %s is obeyed for %i ms, and up to half as long again, also when NATS is connected again',
    async (retryAfter, pauseMs) => {
      const bench = await DistributionBench.at(1);
      bench.answer = () => Promise.reject(refusal(retryAfter));
      bench.distribution.start();
      await jest.advanceTimersByTimeAsync(1);
      expect(bench.pulls).toHaveLength(1);
      bench.distribution.catchUp();
      await jest.advanceTimersByTimeAsync(pauseMs - 100);
      expect(bench.pulls).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(pauseMs / 2 + 200);
      expect(bench.pulls).toHaveLength(2);
      bench.distribution.stop();
    },
  );
});
