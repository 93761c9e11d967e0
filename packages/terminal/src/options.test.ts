import { describe, expect, test } from '@jest/globals';
import { OptionError, parseOptions } from './options.js';

const OPTIONS = {
  url: { type: 'value' },
  environment: { type: 'value', multiple: true },
  json: { type: 'flag' },
  help: { type: 'flag' },
} as const;
const parse = (...args: string[]) => parseOptions(args, OPTIONS);

describe('options of a command line', () => {
  test('are read in any order, with their values and the words between them', () => {
    expect(parse('a', '--json', '--url', 'http://x', 'b', '--environment=e', '--environment', 'f')).toEqual({
      values: { json: true, url: 'http://x', environment: ['e', 'f'] },
      words: ['a', 'b'],
    });
    expect(parse('-h').values).toEqual({ help: true });
    expect(parse('-', '--', '--json')).toEqual({ values: {}, words: ['-', '--json'] });
    expect(parse('--url=-x').values).toEqual({ url: '-x' });
  });

  test.each([
    [['--enviroment', 'e'], 'there is no option --enviroment; did you mean --environment?'],
    [['--env', 'e'], 'there is no option --env; did you mean --environment?'],
    [['--nothing-like-it'], 'there is no option --nothing-like-it'],
    [['-x'], 'there is no option -x'],
    [['--__proto__'], 'there is no option --__proto__'],
    [['--json=yes'], '--json takes no value'],
    [['--url'], '--url needs a value'],
    [['--url='], '--url needs a value'],
    [['--url', '--json'], '--url needs a value; one that begins with a dash is written --url=--json'],
  ])('%j is refused with what to write instead', (args, says) => {
    expect(() => parse(...args)).toThrow(new OptionError(says));
  });
});
