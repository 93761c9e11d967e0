import { describe, expect, test } from '@jest/globals';
import { unreadableEntries } from './unreadable-entries.js';

const says = (library: string, unreadable: string[], { isCurrent = true, isTrusted = true } = {}) => ({
  library,
  isTrusted,
  isCurrent,
  unreadable,
});

describe('an entry is unreadable', () => {
  test('when every JVM of a JDK names it, whatever JVMs of other JDKs say', () => {
    const verdicts = [says('17', ['a', 'b']), says('17', ['b']), says('25', [])];
    expect(unreadableEntries(verdicts)).toEqual([{ alias: 'b', library: '17', isTrusted: true }]);
  });

  test('not while one JVM of that JDK loads it, or has not come to the file', () => {
    expect(unreadableEntries([says('17', ['a']), says('17', [])])).toEqual([]);
    expect(unreadableEntries([says('17', ['a']), says('17', ['a'], { isCurrent: false })])).toEqual([]);
    expect(unreadableEntries([says('17', ['a'], { isCurrent: false })])).toEqual([]);
  });

  test('never when nobody says so', () => {
    expect(unreadableEntries([])).toEqual([]);
    expect(unreadableEntries([says('17', [])])).toEqual([]);
  });

  test('by the word of a JVM whose user nobody named as a claim only, and not beside JVMs of users who are', () => {
    const stranger = (unreadable: string[]) => says('17', unreadable, { isTrusted: false });
    expect(unreadableEntries([stranger(['a'])])).toEqual([{ alias: 'a', library: '17', isTrusted: false }]);
    expect(unreadableEntries([stranger(['a']), says('17', [])])).toEqual([]);
    expect(unreadableEntries([stranger([]), says('17', ['a'])])).toEqual([
      { alias: 'a', library: '17', isTrusted: true },
    ]);
  });
});
