import { describe, expect, test } from '@jest/globals';
import type { Database } from './database.js';
import { DatabaseUnavailableError } from './database-errors.js';
import { GroupCommit } from './group-commit.js';
import type { Sql, Statement } from './statement.js';

const CREATE: Statement<string> = { name: 'create', text: 'CREATE' };

/** Asks for all of them while the first one holds the lock; then what waited runs, and `commit` ends it. */
async function ask(values: readonly string[], commit: () => void = () => undefined) {
  const ran: string[] = [];
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const query: Sql['query'] = async <Row>(_statement: Statement<Row>, [value]: readonly unknown[] = []) => {
    if (value === 'first') await held;
    ran.push(String(value));
    if (value === 'refused') throw new Error('refused');
    return [`made ${String(value)}`] as Row[];
  };
  const transaction = async <T>(work: (opened: Sql) => Promise<T>): Promise<T> => {
    ran.push('BEGIN');
    const result = await work({ query });
    commit();
    return result;
  };
  const group = new GroupCommit({ query, transaction } as Pick<Database, 'query' | 'transaction'>);
  const asked = ['first', ...values].map((value) => group.of('lock', value).query(CREATE, [value]));
  expect(await group.of('another lock', '').query(CREATE, ['another'])).toEqual(['made another']);
  release();
  const ends = await Promise.allSettled(asked);
  return { ran, answers: ends.map((end) => (end.status === 'fulfilled' ? end.value[0] : String(end.reason))) };
}

describe('what waits for a lock', () => {
  test('is one transaction in the order of ranks, each gets its own rows, and who wants another lock does not wait', async () => {
    const { ran, answers } = await ask(['c', 'a', 'b']);
    expect(ran).toEqual(['another', 'first', 'BEGIN', 'a', 'b', 'c']);
    expect(answers).toEqual(['made first', 'made c', 'made a', 'made b']);
  });

  test('runs each by itself after one was refused, and that one alone is told so', async () => {
    const { ran, answers } = await ask(['c', 'refused', 'a']);
    expect(ran).toEqual(['another', 'first', 'BEGIN', 'a', 'c', 'refused', 'a', 'c', 'refused']);
    expect(answers).toEqual(['made first', 'made c', 'Error: refused', 'made a']);
  });

  test('is not run again when it may have been committed', async () => {
    const { ran, answers } = await ask(['a', 'b'], () => {
      throw new DatabaseUnavailableError(new Error('the connection broke'));
    });
    expect(ran).toEqual(['another', 'first', 'BEGIN', 'a', 'b']);
    expect(answers.slice(1)).toEqual(Array(2).fill(expect.stringContaining('the database is not available')));
  });
});
