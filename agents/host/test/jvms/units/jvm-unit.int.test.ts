import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { TrustcastError } from '@trustcast/schema';
import { findJvmUnit } from '../../../src/jvms/units/jvm-unit.js';

const OPTION = '-javaagent:/a.jar=dir=/a';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trustcast-units-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Code and message of the refusal. */
function refusalOf(name: string): string {
  try {
    findJvmUnit(name, OPTION, root);
    return 'found';
  } catch (error) {
    if (error instanceof TrustcastError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

test('a unit is found in each folder of systemd, with and without its suffix, and as an instance of a template', () => {
  put('usr/lib/systemd/system/tomcat.service', '[Service]\nExecStart=/usr/bin/java\n');
  put('etc/systemd/system/app@.service', '[Service]\nExecStart=/usr/bin/java\n');
  for (const name of ['tomcat', 'tomcat.service'])
    expect(findJvmUnit(name, OPTION, root)).toEqual({
      name: 'tomcat.service',
      dropIn: join(root, 'etc/systemd/system/tomcat.service.d/50-trustcast.conf'),
    });
  expect(findJvmUnit('app@one', OPTION, root).dropIn).toContain('/app@one.service.d/');
});

test('a unit that is not there, or whose name leads elsewhere, is refused with what to name', () => {
  expect(refusalOf('tomcat')).toContain('UNIT_NOT_FOUND: there is no unit tomcat.service; name one that systemctl');
  for (const name of ['../../cron', 'a b', '', '-x'])
    expect([name, refusalOf(name)]).toEqual([name, expect.stringMatching(/^UNIT_(NAME_INVALID|NOT_FOUND): /)]);
  expect(refusalOf('../../cron')).toMatch(/^UNIT_NAME_INVALID/);
});

test('a unit that sets JAVA_TOOL_OPTIONS keeps it: the file that sets it is named with what to add', () => {
  const unit = 'usr/lib/systemd/system/tomcat.service';
  for (const [path, text] of [
    [unit, '[Service]\nEnvironment="A=b" "JAVA_TOOL_OPTIONS=-Xmx1g"\n'],
    ['etc/systemd/system/tomcat.service.d/own.conf', '[Service]\nEnvironment=JAVA_TOOL_OPTIONS=-Xmx1g\n'],
    ['etc/default/tomcat', 'JAVA_TOOL_OPTIONS="-Xmx1g"\n'],
  ] as const) {
    put(unit, '[Service]\nEnvironmentFile=-/etc/default/tomcat\nExecStart=/usr/bin/java\n');
    put(path, text);
    expect(refusalOf('tomcat')).toContain(`JAVA_TOOL_OPTIONS_SET: ${join(root, path)} sets JAVA_TOOL_OPTIONS`);
    expect(refusalOf('tomcat')).toContain(`add ${OPTION} to it`);
    rmSync(join(root, path));
  }
});

test('the drop-in that was written before is no reason to refuse', () => {
  put('usr/lib/systemd/system/tomcat.service', '[Service]\nExecStart=/usr/bin/java\n');
  put('etc/systemd/system/tomcat.service.d/50-trustcast.conf', '[Service]\nEnvironment=JAVA_TOOL_OPTIONS=x\n');
  expect(refusalOf('tomcat')).toBe('found');
});
