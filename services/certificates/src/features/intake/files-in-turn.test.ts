import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { FilesInTurn } from './files-in-turn.js';

test('files of one request are read one after the other, and what fails keeps none of them', async () => {
  const files = new FilesInTurn();
  let reading = 0;
  const read = async (name: string) => {
    expect(++reading).toBe(1);
    await setImmediate();
    reading--;
    if (name === 'b') throw new Error('b is broken');
    return name;
  };
  const answers = await Promise.allSettled(['a', 'b', 'c'].map((name) => files.read(() => read(name))));
  expect(answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : 'failed'))).toEqual([
    'a',
    'failed',
    'c',
  ]);
});

test('files of another request do not wait for those of a slow one', async () => {
  const files = new FilesInTurn();
  const slow = files.read(() => new Promise<string>((resolve) => void (finish = resolve)));
  let finish: (answer: string) => void = () => undefined;
  await setImmediate();
  expect(await files.read(() => Promise.resolve('quick'))).toBe('quick');
  finish('slow');
  expect(await slow).toBe('slow');
});

test('files of one request that take a minute leave the rest of it unread, and say what to do', async () => {
  let now = 0;
  const files = new FilesInTurn(() => now);
  const read = () => Promise.resolve((now += 25_000));
  const answers = await Promise.allSettled([1, 2, 3, 4].map(() => files.read(read)));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(answers[3]).toMatchObject({ reason: { message: expect.stringMatching(/60 s: send it in parts/) } });
  await setImmediate();
  expect(await files.read(() => Promise.resolve('next'))).toBe('next');
});
