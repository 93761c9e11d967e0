import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { createLog } from '@trustcast/config';
import {
  EMPTY_SET,
  HEARTBEAT_INTERVAL_MS,
  STALE_AFTER_MS,
  applyDelta,
  digestOf,
  encodeChangeMessage,
  signStatement,
  signingKeyOf,
  verifyStatement,
} from '@trustcast/schema';
import { Distribution } from './distribution.js';
import { Standing } from './standing.js';

const MINUTE = 60_000;
const scope = {
  installation: '11111111-1111-4111-8111-111111111111',
  environment: '22222222-2222-4222-8222-222222222222',
};
const HELD = applyDelta(EMPTY_SET, { upserts: [{ alias: 'removed-later', der: Uint8Array.of(1) }], removals: [] });

/** A service whose CA is removed at a time, and an agent whose clock is off by so much. */
async function stage({ clockOffsetMs = 0, removedAfterMs = Infinity } = {}) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key = await signingKeyOf(privateKey);
  const start = Date.now();
  const asked = { times: 0, open: 0, isAnswered: true, doubts: 0 };
  const revisionAt = (at: number) => (at < start + removedAfterMs ? 1 : 2);
  const compactAt = (at: number) => {
    const revision = revisionAt(at);
    const digest = digestOf(scope, revision === 1 ? HELD : EMPTY_SET);
    return signStatement({ ...scope, epoch: 1, revision, digest, issuedAt: at }, key);
  };
  const heartbeat = async (at: number) => {
    const from = { epoch: 1, revision: revisionAt(at) };
    return encodeChangeMessage({ statement: await compactAt(at), from, upserts: [], removals: [] });
  };
  const removal = async (at: number) => {
    const removals = revisionAt(at) === 2 ? ['removed-later'] : [];
    return encodeChangeMessage({
      statement: await compactAt(at),
      from: { epoch: 1, revision: 1 },
      upserts: [],
      removals,
    });
  };
  const ask = (answer: (at: number) => Promise<Uint8Array>) => async () => {
    asked.times += 1;
    if (!asked.isAnswered) throw new Error('blocked');
    asked.open += 1;
    return answer(Date.now()).finally(() => (asked.open -= 1));
  };
  /** Time passes second by second; answers take none of it. */
  const pass = async (ms: number) => {
    for (const end = Date.now() + ms; Date.now() < end;) {
      await jest.advanceTimersByTimeAsync(1_000);
      while (asked.open > 0) await turn();
      await jest.advanceTimersByTimeAsync(0);
    }
  };
  const compact = await compactAt(start - 1);
  const verify = (text: string) => verifyStatement(text, new Map([[key.kid, publicKey]]));
  const distribution = new Distribution(
    {
      scope,
      verify,
      pull: ask(removal),
      heartbeat: ask(heartbeat),
      commit: () => undefined,
      takeKeys: () => undefined,
      isBelieved: () => true,
      signedAgain: () => undefined,
      keyUnknown: () => undefined,
      clockDoubtful: () => (asked.doubts += 1),
      serviceBehind: () => undefined,
      changed: () => undefined,
      log: createLog('silent'),
      now: () => Date.now() + clockOffsetMs,
    },
    new Standing({ statement: verify(compact), compact, set: HELD }, null, null),
  );
  /** Hands on what the relay sends every 15 s, so much later, for so long. @returns states that were seen */
  const relay = async (delay: number | ((at: number) => number), forMs: number) => {
    const stale: boolean[] = [];
    for (const end = Date.now() + forMs; Date.now() < end;) {
      const delayMs = typeof delay === 'number' ? delay : delay(Date.now());
      distribution.receive(await heartbeat(Date.now() - delayMs), 'heartbeat');
      await pass(HEARTBEAT_INTERVAL_MS);
      stale.push(distribution.isStale);
    }
    return stale;
  };
  return { distribution, asked, pass, relay, start };
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('NATS that is delayed', () => {
  test.each([1, 4, 14])('by %i minutes never makes knowledge fresh, where HTTP is blocked as well', async (minutes) => {
    const { distribution, asked, relay } = await stage();
    distribution.noteRegistration({ issuedAt: Date.now() });
    asked.isAnswered = false;
    distribution.start();
    expect(await relay(minutes * MINUTE, 40 * MINUTE)).not.toContain(false);
    distribution.stop();
  });

  test('is found out also before the service has ever told the time', async () => {
    const { distribution, asked, relay } = await stage();
    asked.isAnswered = false;
    distribution.start();
    expect(await relay(4 * MINUTE, 10 * MINUTE)).not.toContain(false);
    distribution.stop();
  });

  test('makes the agent ask over HTTP, so that a removal arrives within a minute', async () => {
    const { distribution, relay, start } = await stage({ removedAfterMs: 20 * MINUTE });
    distribution.noteRegistration({ issuedAt: Date.now() });
    distribution.start();
    // Each is newer than the one before, and half a heartbeat later.
    await relay((at) => (at - start) / 2, 21 * MINUTE);
    expect(distribution.accepted?.statement.revision).toBe(2);
    distribution.stop();
  });

  test('by less than is stale puts off no poll: the service is asked every five minutes', async () => {
    const { distribution, asked, relay } = await stage();
    distribution.noteRegistration({ issuedAt: Date.now() });
    distribution.start();
    await relay(0, MINUTE);
    const before = asked.times;
    await relay(0, 30 * MINUTE);
    expect(asked.times - before).toBeGreaterThanOrEqual(5);
    expect(asked.times - before).toBeLessThanOrEqual(7);
    distribution.stop();
  });
});

describe('a host whose clock is wrong within what is documented', () => {
  test.each([-4, 4])('by %i minutes is fresh while heartbeats come in time, and not longer', async (minutes) => {
    const { distribution, asked, pass, relay } = await stage({ clockOffsetMs: minutes * MINUTE });
    distribution.noteRegistration({ issuedAt: Date.now() });
    asked.isAnswered = false;
    distribution.start();
    expect(await relay(0, 10 * MINUTE)).not.toContain(true);
    expect(distribution.clockOffsetMs).toBe(minutes * MINUTE);
    await pass(STALE_AFTER_MS);
    expect(distribution.isStale).toBe(true);
    distribution.stop();
  });

  test('asks to be told the time where the service’s was set back, and is fresh when it is', async () => {
    const { distribution, asked, pass, start } = await stage();
    distribution.noteRegistration({ issuedAt: start + 2 * MINUTE });
    distribution.start();
    await pass(MINUTE);
    expect(asked.doubts).toBeGreaterThan(0);
    distribution.noteRegistration({ issuedAt: Date.now() });
    await pass(30_000);
    expect(distribution.isStale).toBe(false);
    distribution.stop();
  });
});
