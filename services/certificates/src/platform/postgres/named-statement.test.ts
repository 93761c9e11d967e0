import { expect, test } from '@jest/globals';
import { namedStatement, queryNamed } from './named-statement.js';
import type { Statement } from './statement.js';

const LIST = namedStatement<object, { from: number; name: string }>(
  'list',
  'SELECT $name::text FROM list WHERE id > $from::bigint OR name = $name',
);

async function run(values: { from: number; name: string }) {
  const seen: unknown[] = [];
  const query = <Row>({ text }: Statement<Row>, given: readonly unknown[] = []) => {
    seen.push(text, ...given);
    return Promise.resolve([]);
  };
  await queryNamed({ query }, LIST, values);
  return seen;
}

test('parameters are numbered by where they first occur, and values go with their names', async () => {
  const text = 'SELECT $1::text FROM list WHERE id > $2::bigint OR name = $1';
  expect(await run({ from: 7, name: 'x' })).toEqual([text, 'x', 7]);
});

test('a parameter without a value is an error, and not NULL', () => {
  expect(() => queryNamed({ query: () => Promise.resolve([]) }, LIST, { from: 7 } as never)).toThrow(
    /parameter name of list_\w+ has no value/,
  );
});
