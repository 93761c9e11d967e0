import { describe, expect, test } from '@jest/globals';
import { TrustcastError } from '@trustcast/schema';
import { type LogLevel, type LogOptions, createLog } from './log.js';

const written = (level: LogLevel, options: LogOptions = {}) => {
  const lines: string[] = [];
  return { lines, log: createLog(level, { write: (line) => void lines.push(line), ...options }) };
};
const system = (code: string) => Object.assign(new Error('no space'), { code });
const lineOf = (text: string | undefined) => JSON.parse(text ?? '') as Record<string, unknown>;

describe('a line of the log', () => {
  test('is one line of JSON: level, time, message and the fields', () => {
    const { lines, log } = written('info');
    log.debug('not this');
    log.warn('two\nlines', { pid: 42, level: 'no level' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{"level":.*\}\n$/);
    expect(lineOf(lines[0])).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      msg: 'two\nlines',
      pid: 42,
    });
  });

  test('has an error by code and message, with its causes and without their stacks', () => {
    const { lines, log } = written('info');
    log.warn('failed', { error: new Error('outer', { cause: system('ENOSPC') }) });
    expect(lineOf(lines[0]).error).toEqual({
      code: 'Error',
      message: 'outer',
      cause: { code: 'ENOSPC', message: 'no space' },
    });
  });

  test('has what several errors say where the one that holds them says nothing', () => {
    const { lines, log } = written('info');
    log.warn('failed', { error: new AggregateError([system('ECONNREFUSED'), new Error('other')]) });
    expect(lineOf(lines[0]).error).toMatchObject({ message: 'no space, other' });
  });

  test('has the stack of a mistake of the program at level error, and of nothing else', () => {
    const { lines, log } = written('debug');
    log.error('a mistake', { error: new TypeError('x') });
    log.error('raised on purpose', { error: new TrustcastError('KNOWN', 'x') });
    log.error('a system call', { error: system('EACCES') });
    log.warn('a warning', { error: new TypeError('x') });
    expect(lines.map((line) => 'stack' in (lineOf(line).error as object))).toEqual([true, false, false, false]);
  });

  test('cannot act on the terminal that shows it', () => {
    const { lines, log } = written('info');
    log.info('\u001b]0;title\u0007', { name: '\u202e' });
    expect(lines[0]).not.toMatch(/[\p{Cc}\p{Cf}](?!$)/u);
    expect(lineOf(lines[0])).toMatchObject({ msg: '\u001b]0;title\u0007', name: '\u202e' });
  });
});

test('what is reported elsewhere is left out', () => {
  const { lines, log } = written('info', { isKnown: (error) => error === 'known' });
  log.error('failed', { error: 'known' });
  log.error('failed', { error: 'other' });
  expect(lines.map((line) => lineOf(line).error)).toEqual(['other']);
});
