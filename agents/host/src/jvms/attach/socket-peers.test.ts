import { expect, test } from '@jest/globals';
import { peersIn } from './socket-peers.js';

const line = (own: number, other: number, name = '*'): string =>
  `u_str ESTAB 0      0                  ${name} ${own} * ${other}`;

test('the peer of a socket without a name is the one that the kernel names', () => {
  const peers = peersIn([line(5, 6), line(6, 5, '/tmp/.java_pid7.tmp'), line(8, 0), ''].join('\n'));
  expect([...peers]).toEqual([['5', '6']]);
});

test('a socket that a name with a line end in it speaks of as well has nobody as its peer', () => {
  expect([...peersIn([line(5, 6), `u_dgr UNCONN 0 0 x`, line(5, 9)].join('\n'))]).toEqual([['5', '']]);
});
