import { expect, test } from '@jest/globals';
import { noStatusReason } from '../src/jvms/no-status-reason.js';
import { readProcess } from '../src/jvms/process-facts.js';

const own = readProcess(process.pid);

test.each([
  ['-Djava.security.manager', true],
  ['-Djava.security.manager=default', true],
  ['-Djava.security.manager=com.example.Manager', true],
  ['-Djava.security.manager=allow', false],
  ['-Djava.security.manager=disallow', false],
  ['-Djava.security.managers', false],
  ['-Dother=1', false],
])('of a JVM with %s that says nothing, a Security Manager is the reason: %s', (option, isReason) => {
  if (!own) throw new Error('the process of the test is not seen');
  expect(
    noStatusReason({
      ...own,
      mainClass: 'Main',
      jdkVersion: null,
      vendor: 'hotspot',
      library: '',
      command: ['java', option, 'Main'],
    }).includes('Security Manager'),
  ).toBe(isReason);
});
