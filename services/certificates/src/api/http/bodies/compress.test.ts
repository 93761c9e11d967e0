import { expect, test } from '@jest/globals';
import { chosenEncoding } from './compress.js';

test.each([
  ['', undefined],
  ['identity', undefined],
  ['deflate', undefined],
  ['gzip', 'gzip'],
  ['gzip, br', 'br'],
  ['br;q=0.1, gzip;q=0.9', 'gzip'],
  ['br;q=0, gzip;q=0', undefined],
  ['BR ; Q=1', 'br'],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *', 'gzip'],
  ['identity;q=1, gzip;q=0.5', undefined],
  ['gzip;q=nonsense', undefined],
])('to Accept-Encoding %j the answer is %j', (accepted, encoding) => {
  expect(chosenEncoding(accepted)).toBe(encoding);
});
