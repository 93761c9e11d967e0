import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { JavaProcess, agentJar, testClasses } from './java-process.js';
import { findJdks, jdkTool } from './jdks.js';
import { World } from './world.js';

let world: World;
let javaagent: string;
let jar: string;

beforeAll(async () => {
  world = await World.create();
  javaagent = `-javaagent:${agentJar}=dir=${world.directory}`;
  jar = world.path('application.jar');
  execFileSync(jdkTool('jar'), ['--create', '--file', jar, '-C', testClasses, '.']);
});

afterEach(async () => world.stopSubjects());

afterAll(async () => world.close());

/** Runs the application to its end, which is at once without anything on its stdin. */
function run(java: string, ...options: string[]): { status: number | null; said: string } {
  const words = [...options, '-cp', jar, 'io.trustcast.jvm.test.Subject'];
  const { status, stdout, stderr } = spawnSync(java, words, { encoding: 'utf8', input: '' });
  return { status, said: stdout + stderr };
}

describe.each(findJdks())('JDK $major', (jdk) => {
  test('a runtime without java.instrument does not start with -javaagent, and names the module', () => {
    const image = world.path(`image-${jdk.major}`);
    execFileSync(join(jdk.home, 'bin/jlink'), ['--add-modules', 'java.base,java.net.http', '--output', image]);
    const java = join(image, 'bin/java');
    expect(run(java).status).toBe(0);
    const { status, said } = run(java, javaagent);
    expect(status).not.toBe(0);
    expect(said).toContain('Module java.instrument may be missing from runtime image.');
  });

  test('a runtime with java.instrument is LIVE with -javaagent', async () => {
    const image = world.path(`whole-${jdk.major}`);
    const modules = 'java.base,java.net.http,java.instrument';
    execFileSync(join(jdk.home, 'bin/jlink'), ['--add-modules', modules, '--output', image]);
    const sha256 = await world.deploy('partner-ca=partner');
    await world.untilLive(await world.subject({ ...jdk, java: join(image, 'bin/java') }, 'premain'), sha256);
  });
});

describe.each(findJdks().filter(({ major }) => major >= 25))('JDK $major with an AOT cache', (jdk) => {
  test('that was made without -javaagent: it is not used, and with -XX:AOTMode=on the JVM does not start', () => {
    const cache = world.path('without.aot');
    expect(run(jdk.java, `-XX:AOTCacheOutput=${cache}`).status).toBe(0);
    const used = [`-XX:AOTCache=${cache}`, '-XX:AOTMode=on'];
    expect(run(jdk.java, ...used).status).toBe(0);
    expect(run(jdk.java, ...used, javaagent).status).not.toBe(0);
    const { status, said } = run(jdk.java, `-XX:AOTCache=${cache}`, '-Xlog:aot', javaagent);
    expect(status).toBe(0);
    expect(said).toContain('Mismatched values for property jdk.module.addmods: java.instrument');
  });

  test('that was made with -javaagent: it is used, and the JVM is LIVE', async () => {
    const cache = world.path('with.aot');
    const sha256 = await world.deploy('partner-ca=partner');
    const gc = ['-XX:+UseSerialGC', '-Xmx256m', '-XX:TieredStopAtLevel=1'];
    expect(run(jdk.java, ...gc, `-XX:AOTCacheOutput=${cache}`, javaagent).status).toBe(0);
    const used = [`-XX:AOTCache=${cache}`, '-XX:AOTMode=on', javaagent];
    const subject = await JavaProcess.start(jdk, 'Subject', used, [], jar);
    try {
      await world.untilLive(subject, sha256);
    } finally {
      await subject.stop();
    }
  });
});
