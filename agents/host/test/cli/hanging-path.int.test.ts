import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { useHost } from '../support/use-host.js';

const host = useHost();
beforeEach(async () => {
  await (await host.running()).stop();
  mkdirSync(away());
});

/** Where FUSE is mounted that nobody serves, for one command alone. */
const away = (): string => join(host.home, 'away');
const MOUNT = 'exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none "$0"; exec "$@"';
const where = (): readonly string[] => ['unshare', '--mount', 'sh', '-ec', MOUNT, away(), process.execPath];

/** Each command ends, and says which of its paths, whose name begins so, does not answer. */
async function allName(path: string, commands: readonly (readonly string[])[], over: Record<string, string>) {
  const all = await Promise.all(commands.map((words) => host.cli(words, over, where())));
  for (const { code, out, err } of all) {
    expect([code, out, err]).toEqual([null, '', expect.anything()]);
    expect(err).toMatch(/^trustcast-agent: PATH_HUNG: .* does not answer: .*, and run the command again\n$/);
    expect(err).toContain(`PATH_HUNG: ${path}`);
  }
}

test('a directory on a file system that does not answer ends each command with a sentence that names it', async () => {
  const directory = join(away(), 'agent');
  const commands = [['status'], ['jvms'], ['doctor'], ['attach', '1'], ['detach', '1'], ['lift-quarantine', '--all']];
  await allName(away(), commands, { TRUSTCAST_DIRECTORY: directory, TRUSTCAST_JVM_AGENT_JAR: '/nowhere.jar' });
});

test('so does a jar of the JVM agent', async () => {
  const jar = join(away(), 'trustcast-jvm.jar');
  await allName(jar, [['doctor']], { TRUSTCAST_JVM_AGENT_JAR: jar });
});

test('so does a base, be it a file or a Java', async () => {
  const base = join(away(), 'base');
  await Promise.all(['file', 'jvm'].map((kind) => allName(base, [['doctor']], { TRUSTCAST_BASE: `${kind}:${base}` })));
});

test('so do files that settings name', async () => {
  const file = join(away(), 'file');
  const service = { TRUSTCAST_SERVICE_URL: 'https://localhost:1', TRUSTCAST_ENROLLMENT_TOKEN: 'tce_' };
  await Promise.all([
    allName(file, [['enroll']], { ...service, TRUSTCAST_CA_FILE: file }),
    allName(file, [['enroll']], { ...service, TRUSTCAST_ENROLLMENT_TOKEN: '', TRUSTCAST_ENROLLMENT_TOKEN_FILE: file }),
  ]);
});

test('so does a path that is so long that it lies in two pages of memory', async () => {
  const jar = join(away(), ...Array<string>(14).fill('x'.repeat(250)), 'trustcast-jvm.jar');
  await allName(jar, [['doctor']], { TRUSTCAST_JVM_AGENT_JAR: jar });
});
