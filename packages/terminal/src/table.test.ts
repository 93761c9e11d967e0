import { expect, test } from '@jest/globals';
import { table } from './table.js';

test('a table has a heading, aligned columns, and nothing that moves the cursor', () => {
  expect(
    table([
      ['PID', 'MAIN CLASS'],
      ['4242', 'a\u001b[2Jb\nc\u009b'],
    ]),
  ).toBe('PID   MAIN CLASS\n4242  a\ufffd[2Jb\ufffdc\ufffd');
});
