import { expect, test } from '@jest/globals';
import { FairScheduler } from './fair-scheduler.js';

function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

/** What comes from outside is seen between two turns. */
async function begun(turns: FairScheduler, callers: readonly string[], ms: number) {
  const order: string[] = [];
  let done = false;
  const outside = (): void => {
    order.push('outside');
    if (!done) setImmediate(outside);
  };
  setImmediate(outside);
  await Promise.all(
    callers.map(async (caller) => {
      await turns.take(caller);
      order.push(caller);
      work(ms);
    }),
  );
  done = true;
  return order;
}

test('work that takes long begins one piece a turn, and others have theirs in between', async () => {
  const order = await begun(new FairScheduler(), Array<string>(5).fill('work'), 10);
  expect(order.join()).toMatch(/^(work,(outside,)+){4}work/);
});

test('callers take turns: who asks for much waits for himself', async () => {
  const order = await begun(new FairScheduler(), ['many', 'many', 'many', 'many', 'one'], 10);
  const pieces = order.filter((item) => item !== 'outside');
  expect(pieces.indexOf('one')).toBe(2);
});

test('work that takes no time all begins in one turn', async () => {
  const order = await begun(new FairScheduler(() => 0), Array<string>(100).fill('work'), 0);
  expect(order.slice(0, 100)).not.toContain('outside');
});
