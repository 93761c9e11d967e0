import { expect, test } from '@jest/globals';
import { nearest } from './nearest.js';

const NAMES = ['port', 'host', 'token-file', 'attach'];

test.each([
  ['prot', 'port'],
  ['prt', 'port'],
  ['porrt', 'port'],
  ['hots', 'host'],
  ['tokenfile', 'token-file'],
  ['tok', 'token-file'],
  ['atach', 'attach'],
])('%s is answered with %s', (given, meant) => expect(nearest(given, NAMES)).toBe(meant));

test.each(['x', 'proxy', 'certificate', ''])('nothing is near to "%s"', (given) =>
  expect(nearest(given, NAMES)).toBeUndefined(),
);
