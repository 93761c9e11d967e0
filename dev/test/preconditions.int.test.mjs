import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadEnvironment } from '../setup/environment.mjs';
import { findJdks, findJvms } from '../setup/find-jdks.mjs';
import { preconditions, thisPlatform } from '../setup/preconditions.mjs';
import { removeScratchFolders, scratchFolder } from './scratch-folder.mjs';

afterAll(removeScratchFolders);

const good = { os: 'linux', arch: 'x64', glibc: '2.36', node: '20.19.0' };
const jdk = { home: '/jdk', major: 17, version: '17.0.1' };
const none = loadEnvironment({});

/** @param {Partial<import('../setup/preconditions.mjs').Platform>} platform */
function check(platform, env = none, jdks = [jdk]) {
  return preconditions({ env, platform: { ...good, ...platform }, jdks: async () => jdks });
}

describe('preconditions', () => {
  test('this machine satisfies them, and its JDKs are told', async () => {
    expect(thisPlatform().glibc).toMatch(/^2\.\d+/);
    expect((await preconditions()).jdks).toEqual(await findJdks());
  });

  test.each([{ node: '20.18.3' }, { node: '18.20.0' }])('%j is too old', async (platform) => {
    await expect(check(platform)).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('install Node 20.19 or later'),
    });
  });

  test.each([{ node: '20.19.0' }, { node: '24.1.0' }, { arch: 'arm64' }])('%j is supported', async (platform) => {
    expect(await check(platform)).toEqual({ jdks: [jdk] });
  });

  test.each([{ os: 'darwin', arch: 'arm64', glibc: undefined }, { glibc: undefined }, { arch: 's390x' }])(
    '%j needs DATABASE_URL and NATS_URL',
    async (platform) => {
      await expect(check(platform)).rejects.toThrow(/set DATABASE_URL .* and NATS_URL /);
      const env = { ...none, databaseUrl: 'postgresql://u:p@h/d' };
      await expect(check(platform, env)).rejects.toThrow(/: set NATS_URL /);
      expect(await check(platform, { ...env, natsUrl: 'nats://h:4222' })).toEqual({ jdks: [jdk] });
    },
  );

  test('a JAVA_HOME that is none of the JDKs is refused, and those that could be used are named', async () => {
    await expect(check({}, { ...none, javaHome: '/nowhere' })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/JAVA_HOME=\/nowhere is not a JDK 17 or later.*unset it to use \/jdk\./s),
    });
  });

  test('one message names everything that is missing', async () => {
    const failure = check({ node: '18.0.0', os: 'darwin' }, { ...none, javaHome: '/nowhere' }, []);
    await expect(failure).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/Node 18\.0\.0.*NATS_URL.*No JDK 17 or later.*JAVA_HOME=\/nowhere is not one/s),
    });
  });
});

describe('findJdks', () => {
  /** @param {string} home @param {string | undefined} release @param {string[]} tools */
  function fakeJdk(home, release, tools = ['java', 'javac'], printed = '') {
    mkdirSync(join(home, 'bin'), { recursive: true });
    for (const tool of tools) {
      writeFileSync(join(home, 'bin', tool), `#!/bin/sh\necho '${printed}' >&2\n`);
      chmodSync(join(home, 'bin', tool), 0o755);
    }
    if (release) writeFileSync(join(home, 'release'), `IMPLEMENTOR="x"\nJAVA_VERSION="${release}"\n`);
    return home;
  }

  test('a JDK that is reached on several ways counts once; JREs and older ones are JVMs at most', async () => {
    const folder = scratchFolder();
    const jvmFolder = join(folder, 'jvm');
    const real = fakeJdk(join(jvmFolder, 'java-21'), '21.0.3');
    const silent = fakeJdk(
      join(jvmFolder, 'no-release-file'),
      undefined,
      undefined,
      'openjdk version "17.0.9" 2023-10-17',
    );
    fakeJdk(join(jvmFolder, 'jre-21'), '21.0.3', ['java']);
    fakeJdk(join(jvmFolder, 'java-8'), '1.8.0_402');
    fakeJdk(join(jvmFolder, 'java-11'), '11.0.2');
    symlinkSync(real, join(jvmFolder, 'default'));
    symlinkSync('/nowhere', join(jvmFolder, 'dangling'));
    mkdirSync(join(folder, 'bin'));
    symlinkSync(join(real, 'bin', 'javac'), join(folder, 'bin', 'javac'));
    const env = loadEnvironment({
      JAVA_HOME: real,
      JAVA_HOMES: `${join(jvmFolder, 'default')}:${real}`,
      PATH: join(folder, 'bin'),
    });
    expect(await findJdks({ env, jvmFolder })).toEqual([
      { home: silent, major: 17, version: '17.0.9' },
      { home: real, major: 21, version: '21.0.3' },
    ]);
    expect((await findJvms({ env, jvmFolder })).map(({ major, version }) => ({ major, version }))).toEqual([
      { major: 11, version: '11.0.2' },
      { major: 17, version: '17.0.9' },
      { major: 21, version: '21.0.3' },
      { major: 21, version: '21.0.3' },
    ]);
  });

  test.each(['JAVA_HOME', 'JAVA_HOMES', 'PATH'])('%s alone leads to a JDK', async (name) => {
    const home = fakeJdk(join(scratchFolder(), 'jdk'), '25');
    const env = loadEnvironment({ [name]: name === 'PATH' ? join(home, 'bin') : home });
    expect(await findJdks({ env, jvmFolder: '/nowhere' })).toEqual([{ home, major: 25, version: '25' }]);
  });
});
