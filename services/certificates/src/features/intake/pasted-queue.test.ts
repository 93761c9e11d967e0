import { expect, test } from '@jest/globals';
import { PastedQueue } from './pasted-queue.js';
import type { ReaderPool } from './reader-pool.js';

const piece = (content: string) => [{ source: 'CLIPBOARD', encoding: 'BASE64PEM', content }, ['content']] as const;
const turn = () => new Promise(setImmediate);

test('a piece that comes in the turn in which its like are taken to be read is read as well', async () => {
  const reads: (() => void)[] = [];
  const read = (_name: string, batch: readonly ReturnType<typeof piece>[]) =>
    new Promise((resolve) => reads.push(() => resolve(batch.map(([{ content }]) => content))));
  const queue = new PastedQueue({ read, close: () => Promise.resolve() } as unknown as ReaderPool);
  const answers = [queue.read(...piece('first'))];
  await turn();
  await turn();
  // All of this in one turn of the event loop, as two messages of sockets around one of the thread.
  answers.push(queue.read(...piece('second')));
  reads.shift()?.();
  for (let tick = 0; tick < 20; tick++) await Promise.resolve();
  answers.push(queue.read(...piece('third')));
  for (let number = 0; number < 5; number++) {
    await turn();
    reads.shift()?.();
  }
  const late = turn()
    .then(turn)
    .then(() => 'never');
  expect(await Promise.all(answers.map((answer) => Promise.race([answer, late])))).toEqual([
    'first',
    'second',
    'third',
  ]);
});
