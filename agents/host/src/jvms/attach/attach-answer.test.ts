import { describe, expect, test } from '@jest/globals';
import { AttachError } from '../../errors.js';
import { parseAttachAnswer } from './attach-answer.js';

function codeOf(answer: string): string | null {
  try {
    parseAttachAnswer(answer);
    return null;
  } catch (error) {
    return (error as AttachError).code;
  }
}

describe('the answer of a JVM', () => {
  test.each([
    ['JDK 11 to 25, loaded', '0\nreturn code: 0\n', null],
    ['JDK 8, loaded', '0\n0\n', null],
    ['the jar is not there', '0\nreturn code: 100\n', 'ATTACH_JAR_REFUSED'],
    ['the agent threw', '0\nreturn code: 102\n', 'ATTACH_AGENT_FAILED'],
    ['another return code', '0\nreturn code: -1\n', 'ATTACH_REFUSED'],
    [
      'dynamic loading is off, told with 0',
      '0\nDynamic agent loading is not enabled. Use …\n',
      'ATTACH_DYNAMIC_LOADING_OFF',
    ],
    ['unknown command', '-1\nOperation load not recognized!\n', 'ATTACH_NOT_RECOGNIZED'],
    ['another protocol', '101\n', 'ATTACH_REFUSED'],
    ['status without result', '0\n', 'ATTACH_REFUSED'],
    ['nothing', '', 'ATTACH_REFUSED'],
  ])('%s', (_name, answer, code) => {
    expect(codeOf(answer)).toBe(code);
  });
});
