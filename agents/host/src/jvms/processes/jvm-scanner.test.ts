import { describe, expect, test } from '@jest/globals';
import { mainClassOf } from './jvm-scanner.js';
import { isSelected, parseSelector } from '../attach/selector.js';

describe('what a command line runs', () => {
  test.each([
    ['java -cp a.jar:b com.example.Main serve', 'com.example.Main'],
    ['/jdk/bin/java -Xmx1g -Da=b --module-path m -m com.example/com.example.Main', 'com.example.Main'],
    ['java -javaagent:/x.jar=dir=/y -jar /opt/app/app.jar --port 1', 'app.jar'],
    ['java --add-opens java.base/java.lang=ALL-UNNAMED -classpath x Main', 'Main'],
    ['java @options Main', 'Main'],
    ['java -version', null],
    ['java -jar', null],
  ])('%s', (line, main) => {
    expect(mainClassOf(line.split(' '))).toBe(main);
  });
});

describe('selectors', () => {
  const process = { pid: 42, uid: 1000, command: ['java', '-jar', 'app.jar'] };
  const selects = (text: string): boolean => isSelected([parseSelector(text)!], process);

  test('select by user, pid and part of the command line, and nothing without one', () => {
    expect(['uid=1000', 'pid=42', 'command=-jar app', ' pid=42 '].map(selects)).toEqual([true, true, true, true]);
    expect(['uid=0', 'pid=4', 'command=other'].map(selects)).toEqual([false, false, false]);
    expect(isSelected([], process)).toBe(false);
  });

  test('are refused when they select nothing that could be meant', () => {
    for (const text of ['uid=', 'uid=root', 'pid=-1', 'pid=1e3', 'user=1', 'command=', ''])
      expect(parseSelector(text)).toBeUndefined();
  });
});

test('a main class that is cut is never cut within a character', () => {
  expect(mainClassOf(['java', `${'x'.repeat(1_022)}😀y`])).toBe(`${'x'.repeat(1_022)}\ufffd…`);
});
