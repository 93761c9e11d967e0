import { describe, expect, test } from '@jest/globals';
import { unreadableEntries } from './unreadable-entries.js';

const says = (jdkVersion: string, unreadable: string[], isCurrent = true) => ({ jdkVersion, isCurrent, unreadable });

describe('an entry is unreadable', () => {
  test('when every JVM of a JDK names it, whatever JVMs of other JDKs say', () => {
    const verdicts = [says('17', ['a', 'b']), says('17', ['b']), says('25', [])];
    expect(unreadableEntries(verdicts)).toEqual([{ alias: 'b', jdkVersion: '17' }]);
  });

  test('not while one JVM of that JDK loads it, or has not come to the file', () => {
    expect(unreadableEntries([says('17', ['a']), says('17', [])])).toEqual([]);
    expect(unreadableEntries([says('17', ['a']), says('17', ['a'], false)])).toEqual([]);
    expect(unreadableEntries([says('17', ['a'], false)])).toEqual([]);
  });

  test('never when nobody says so', () => {
    expect(unreadableEntries([])).toEqual([]);
    expect(unreadableEntries([says('17', [])])).toEqual([]);
  });
});
