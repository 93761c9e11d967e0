import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { readProcess } from '../src/jvms/process-facts.js';
import { attachedNoStatus, whyNoStatus } from '../src/jvms/why-no-status.js';
import { type AgentDirectory, prepareDirectory } from '../src/state/agent-directory.js';
import { temporaryDirectory } from './fixtures.js';

const own = readProcess(process.pid)!;
let folder: ReturnType<typeof temporaryDirectory>;
let directory: AgentDirectory;
beforeEach(() => {
  folder = temporaryDirectory();
  directory = prepareDirectory(join(folder.path, 'agent'));
});
afterEach(() => folder.remove());

test.each([
  ['-Djava.security.manager', true],
  ['-Djava.security.manager=default', true],
  ['-Djava.security.manager=com.example.Manager', true],
  ['-Djava.security.manager=allow', false],
  ['-Djava.security.manager=disallow', false],
  ['-Djava.security.managers', false],
  ['-Dother=1', false],
])('of a JVM with %s that was attached and says nothing, a Security Manager is the reason: %s', (option, isReason) => {
  const reason = attachedNoStatus(whyNoStatus({ ...own, command: ['java', option, 'Main'] }, null, directory));
  expect(reason).toMatch(isReason ? /^ATTACHED_NO_STATUS: SECURITY_MANAGER: / : /^ATTACHED_NO_STATUS: it is late/);
});

test('of a JVM whose user cannot read the jar, that is the reason', () => {
  const named = {
    jar: join(folder.path, 'gone.jar'),
    directory: directory.path,
    from: 'the command line',
    isRead: true,
  };
  expect(whyNoStatus(own, named, directory)).toEqual({
    code: 'JAR_NOT_READABLE',
    text: `uid ${own.uid} cannot read ${named.jar}`,
  });
});
