import { expect, test } from '@jest/globals';
import { createLog } from './log.js';

test('a log line is one line of JSON, with an error’s code and cause and without its stack', () => {
  const lines: string[] = [];
  const log = createLog('info', (line) => lines.push(line));
  log.debug('not this');
  log.warn('two\nlines', {
    error: new Error('outer', { cause: Object.assign(new Error('inner'), { code: 'ENOSPC' }) }),
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'warn',
    msg: 'two\nlines',
    error: { code: 'Error', message: 'outer', cause: { code: 'ENOSPC', message: 'inner' } },
  });
  expect(lines[0]).not.toContain('at ');
});
