import { expect, test } from '@jest/globals';
import { printable, printableJson, printableLine } from './printable.js';

const ACTING = '\u001b[2J\u009b\u202e\u2066\u200b\u2028\u0007\r\u{e0041}';

test('text keeps its lines and nothing that acts on a terminal', () => {
  expect(printable(`a\n${ACTING}b`)).toBe(`a\n\ufffd[2J${'\ufffd'.repeat(8)}b`);
});

test('a line stays one', () => {
  expect(printableLine('a\nb\u001b[2J')).toBe('a\ufffdb\ufffd[2J');
});

test('JSON means the same and has nothing that acts on a terminal', () => {
  const json = printableJson(JSON.stringify({ [ACTING]: ACTING }, null, 2));
  expect(json).toMatch(/^[\n\x20-\x7e]*$/);
  expect(JSON.parse(json)).toEqual({ [ACTING]: ACTING });
});
