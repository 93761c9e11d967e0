import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery, parse } from 'graphql';
import { comparisonsIn } from './comparisons.js';

const MOST = 20_000;
const count = (text: string) => comparisonsIn(parse(text), MOST);
const numbers = (length: number) => Array.from({ length }, (_, index) => index);

describe('the comparisons that validation makes', () => {
  test('are few for what clients send', () => {
    expect(count(getIntrospectionQuery())).toBeLessThan(1_000);
    expect(
      count(
        `{ ${numbers(1_500)
          .map((n) => `a${n}: certificates { totalCount }`)
          .join(' ')} }`,
      ),
    ).toBeLessThan(5_000);
  });

  test.each([
    ['a field again and again', `{ ${'name '.repeat(4_900)} }`],
    ['a field with a selection again and again', `{ ${'environments { name } '.repeat(1_200)} }`],
    ['fields in fields', `{ ${`environments { ${'name '.repeat(30)} } `.repeat(14)} }`],
    [
      'many fragments',
      `{ ${numbers(450)
        .map((n) => `...F${n}`)
        .join(' ')} } ${numbers(450)
        .map((n) => `fragment F${n} on Query { a b }`)
        .join(' ')}`,
    ],
    [
      'fragments of fragments',
      `{ ...F0 } ${numbers(350)
        .map((n) => `fragment F${n} on Query { a ...F${n + 1} ...F${n + 2} }`)
        .join(' ')}`,
    ],
    [
      'fragments that double',
      `{ ...F0 } ${numbers(30)
        .map((n) => `fragment F${n} on Query { a { ...F${n + 1} } b { ...F${n + 1} } }`)
        .join(' ')}`,
    ],
  ])('are too many for %s', (_what, text) => {
    expect(count(text)).toBeGreaterThan(MOST);
  });

  test('come to an end in fragments that hold themselves', () => {
    expect(count('{ ...A } fragment A on Query { a { ...B } } fragment B on Query { a { ...A } }')).toBeLessThan(1_000);
  });
});
