import { describe, expect, test } from '@jest/globals';
import { withoutPauses } from '../../pauses.js';
import { listedSockets } from './listed-sockets.js';

const NAME = '.java_pid77';
const line = (address: string, inode: number, name: string, state = '03'): string =>
  `${address}: 00000003 00000000 00000000 0001 ${state} ${inode} ${name}`;
const [ONE, OTHER] = ['00000000aaaaaaaa', '00000000bbbbbbbb'];
const taken = (...lines: readonly string[]): readonly string[] => withoutPauses(listedSockets(lines, NAME)).taken;

describe('a connection that was taken through a name', () => {
  test('is one that the kernel lists so, also by the name that HotSpot binds first', () => {
    expect(taken(line(ONE, 5, `/tmp/${NAME}`), line(OTHER, 6, `/tmp/${NAME}.tmp`))).toEqual(['5', '6']);
    expect(taken(line(ONE, 5, `/tmp/${NAME}`, '01'), line(OTHER, 6, '/tmp/.java_pid78'))).toEqual([]);
    expect(taken(line('0000000000000000', 5, NAME), line('0000000000000000', 6, NAME))).toEqual(['5', '6']);
  });

  test('is none that only looks like a line of the kernel', () => {
    expect(taken(`0: 2 0 10000 1 03 5 ${NAME}`, ` ${line(ONE, 5, NAME)}`, `s ${line(ONE, 6, NAME)}`)).toEqual([]);
  });

  test('is none whose address or inode another line claims too', () => {
    expect(taken(line(ONE, 5, NAME), line(ONE, 6, ''))).toEqual([]);
    expect(taken(line(ONE, 5, NAME), line(OTHER, 5, ''))).toEqual([]);
  });
});

test('lines of any number are read with pauses', () => {
  const reading = listedSockets(
    Array.from({ length: 1_000 }, (_, at) => line(at.toString(16).padStart(16, '0'), at, NAME)),
    NAME,
  );
  let pauses = 0;
  while (reading.next().done !== true) pauses += 1;
  expect(pauses).toBe(3);
});
