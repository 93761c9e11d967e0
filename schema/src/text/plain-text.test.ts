import { expect, test } from '@jest/globals';
import { isPlain, plainText } from './plain-text.js';

const UNPRINTABLE = [
  '\0',
  '\t',
  '\n',
  '\x1b[2J',
  '\x7f',
  '\x9b2J',
  '\u00ad',
  '\u200b',
  '\u200e',
  '\u202e',
  '\u2028',
  '\u2029',
  '\u2066',
  '\u2069',
  '\ufeff',
  '\ud83d',
  '\u{e0041}',
];

test.each(UNPRINTABLE)('%j is not plain, and is replaced', (text) => {
  expect(isPlain(`a${text}b`)).toBe(false);
  expect(isPlain(plainText(`a${text}b`))).toBe(true);
});

test('what can be shown stays as it is, up to the length', () => {
  const text = 'Zürich 証明書 😀';
  expect(plainText(text)).toBe(text);
  expect(plainText('x'.repeat(1_024))).toBe('x'.repeat(1_024));
  expect(plainText('x'.repeat(2_000))).toBe(`${'x'.repeat(1_023)}…`);
  expect(plainText('x\u{1f600}y', 3)).toBe('x\ufffd…');
});
