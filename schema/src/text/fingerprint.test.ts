import { expect, test } from '@jest/globals';
import { parseFingerprint } from './fingerprint.js';

const DIGITS = '0123456789abcdef'.repeat(4);
const COLONS = DIGITS.toUpperCase().replace(/..(?=.)/g, '$&:');

test('a fingerprint is read in either case, with or without colons', () => {
  for (const text of [DIGITS, DIGITS.toUpperCase(), COLONS]) expect(parseFingerprint(text)).toBe(DIGITS);
});

test.each([
  ['an empty text', ''],
  ['a digit too few', DIGITS.slice(1)],
  ['a digit too many', `${DIGITS}0`],
  ['a letter that is no hexadecimal digit', `g${DIGITS.slice(1)}`],
  ['white space', ` ${DIGITS.slice(1)}`],
  ['a SHA-1', DIGITS.slice(24)],
])('%s is no fingerprint', (_, text) => {
  expect(() => parseFingerprint(text, 'retrust')).toThrow(/^retrust: must be the SHA-256 of a certificate/);
});
