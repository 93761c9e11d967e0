import { expect, it } from '@jest/globals';
import { cellsOf } from './page.js';

const table = (width: number) =>
  [
    `| tool | form |result |`,
    `| ${'-'.repeat(width)} | ${'-'.repeat(width + 9)} | --- |`,
    '| openssl | PEM | 1 of 1 |',
  ].join('\n');

it('the width of a table on the page is no difference between what tools wrote', () => {
  expect([...cellsOf(table(7))]).toEqual([['openssl: PEM', '1 of 1']]);
  expect(cellsOf(table(20))).toEqual(cellsOf(table(7)));
});
