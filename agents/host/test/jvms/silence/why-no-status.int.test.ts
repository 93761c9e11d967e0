import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { type NamedAgent, namedAgent } from '../../../src/jvms/silence/named-agent.js';
import { readProcess } from '../../../src/jvms/processes/process-facts.js';
import { attachedNoStatus } from '../../../src/jvms/silence/silence.js';
import { whyNoStatus } from '../../../src/jvms/silence/why-no-status.js';
import { type AgentDirectory, prepareDirectory } from '../../../src/state/agent-directory.js';
import { temporaryDirectory } from '../../support/fixtures.js';

/** What an agent of another user says of a JVM of its own. */
const LOOK = `
  const at = ${JSON.stringify(new URL('../../../src/', import.meta.url).href)};
  const { whyNoStatus } = await import(at + 'jvms/silence/why-no-status.js');
  const { readProcess } = await import(at + 'jvms/processes/process-facts.js');
  const { pathsOf } = await import(at + 'state/agent-directory.js');
  const named = { jar: '/x.jar', directory: process.env.ANOTHER, from: 'x', isRead: true, isOtherJar: false };
  process.stdout.write(whyNoStatus(readProcess(process.pid), named, pathsOf(process.env.OURS)).code);
`;
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
    isOtherJar: false,
  };
  expect(whyNoStatus(own, named, directory)).toEqual({
    code: 'JAR_NOT_READABLE',
    text: `uid ${own.uid} cannot read ${named.jar}`,
  });
});

describe('of a JVM that names an absolute directory which is not this agent’s', () => {
  const another = (): string => join(folder.path, 'another');
  const codeOf = (over: Partial<NamedAgent> = {}): string =>
    whyNoStatus(
      own,
      { jar: '/opt/trustcast-jvm.jar', directory: another(), from: 'x', isRead: true, isOtherJar: false, ...over },
      directory,
    ).code;

  test.each([
    ['whose agent has just been started, without a truststore yet', ['state', 'jvms']],
    ['whose agent has lost its folder of statuses', ['state', 'truststore.p12']],
  ])('%s, the other agent counts it', (_what, names) => {
    for (const name of names) mkdirSync(join(another(), name), { recursive: true });
    expect(codeOf()).toBe('OTHER_DIRECTORY');
    expect(codeOf({ isRead: false })).toBe('OTHER_DIRECTORY');
  });

  test('and that is not there, this agent counts it, unless it is told of its jar and that is another', () => {
    expect(codeOf()).toBe('DIRECTORY_MISSING');
    expect(codeOf({ isOtherJar: true })).toBe('OTHER_DIRECTORY');
  });

  test('and another jar, its own directory or none counts as before', () => {
    expect(codeOf({ isOtherJar: true, directory: directory.path })).toBe('JAR_NOT_READABLE');
    expect(codeOf({ isOtherJar: true, directory: null })).toBe('DIRECTORY_NOT_NAMED');
    expect(codeOf({ isOtherJar: true, directory: 'agent' })).toBe('DIRECTORY_RELATIVE');
  });

  test('and that this agent may not look into, it is not this one’s to count', () => {
    mkdirSync(another(), { mode: 0o700 });
    const code = execFileSync(
      'setpriv',
      ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '--input-type=module', '-e', LOOK],
      { encoding: 'utf8', env: { ...process.env, ANOTHER: another(), OURS: directory.path } },
    );
    expect(code).toBe('OTHER_DIRECTORY');
  });
});

test('a jar is another one than the agent’s by its file, and not by its name', () => {
  const [jar, link, other] = ['trustcast-jvm.jar', 'link.jar', 'trustcast-jvm-2.jar'].map((name) =>
    join(folder.path, name),
  );
  for (const path of [jar!, other!]) writeFileSync(path, '');
  symlinkSync(jar!, link!);
  const named = (path: string): boolean | undefined =>
    namedAgent(
      { ...own, exe: '/bin/java', command: ['java', `-javaagent:${path}=dir=${directory.path}`, 'Main'] },
      { jar: jar!, directory: directory.path },
    )?.isOtherJar;
  expect([named(jar!), named(link!), named(other!)]).toEqual([false, false, true]);
});
