import { expect, test } from '@jest/globals';
import { optionWords } from './option-words.js';

test.each([
  ['', []],
  [' -Xmx1g\t-Da=b\n', ['-Xmx1g', '-Da=b']],
  [`-Da="b c" '-javaagent:/a b/x.jar=dir=/d' -Dq="it's"`, ['-Da=b c', '-javaagent:/a b/x.jar=dir=/d', "-Dq=it's"]],
  [`-Da=# -Dw='' ""`, ['-Da=#', '-Dw=', '']],
  ['-Dp=C:\\x "\\n"', ['-Dp=C:\\x', '\\n']],
])('a variable %j has the words %j', (text, words) => {
  expect(optionWords(text)).toEqual(words);
});

test.each([
  ['# all\n-Xmx1g # rest\n-Da=#b\n', ['-Xmx1g', '-Da=#b']],
  ['"-Da=b\\\\c \\"d\\""', ['-Da=b\\c "d"']],
  ['-Da=b #', ['-Da=b']],
])('a file %j has the words %j', (text, words) => {
  expect(optionWords(text, { isFile: true })).toEqual(words);
});
