import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJdks, findJvms } from '../jdks.js';
import { agentJar, classes, testClasses } from '../java-process.js';
import { secondAgent } from './second-agent.js';
import { World } from '../world.js';

const THREADS = 8;
const CHANGES = Number(process.env.TRUSTCAST_STRESS_CHANGES ?? 600);
const FIRST_HANDSHAKES = Number(process.env.TRUSTCAST_FIRST_HANDSHAKES ?? 50);
const STRESS_TIMEOUT_MS = 60_000 + CHANGES * 60;
const verifying = ['-XX:+UnlockDiagnosticVMOptions', '-Xverify:all', '-XX:+BytecodeVerificationLocal'];
const sources = fileURLToPath(new URL('../../../src/test/java', import.meta.url));

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner');
});

afterAll(async () => world.close());

async function expectFollows(subject: Awaited<ReturnType<World['subject']>>): Promise<void> {
  await subject.do('make', 'client', 'null-managers');
  await world.untilLive(subject, await world.deploy('partner-ca=partner'));
  expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
  const status = await world.untilLive(subject, await world.deploy());
  expect(await subject.ask('call', 'client', port)).toMatch(/^fail SSLHandshake/);
  expect(status.hookErrors).toBe(0);
  expect(subject.stderr.replaceAll(/^WARNING: .*\n/gm, '').replaceAll(/^.*VM warning: .*\n/gm, '')).toBe('');
}

describe.each(findJdks())('JDK $major', (jdk) => {
  test('every instance method of the JDK compiler can be patched, verified and run', () => {
    const out = world.path(`compiled-${jdk.major}`);
    mkdirSync(out);
    const source = join(sources, 'io/trustcast/jvm/test/Der.java');
    const program = ['-cp', `${testClasses}:${classes}`, 'io.trustcast.jvm.impl.patch.PatchedCompiler', source, out];
    const options = ['-XX:+UnlockDiagnosticVMOptions', '-XX:+BytecodeVerificationLocal', '-XX:TieredStopAtLevel=1'];
    const answer = execFileSync(jdk.java, [...options, ...program], { encoding: 'utf8', timeout: 300_000 });
    expect(answer).toMatch(/^status 0 patched \d{4,} *$/m);
  });
});

describe.each(findJvms())('JDK $major', (jdk) => {
  test('all patched classes pass the verifier', async () => {
    await world.deploy();
    await expectFollows(await world.subject(jdk, 'premain', verifying));
  });

  test.each(['before', 'after'])(
    'a second agent that retransforms the same classes %s us changes nothing',
    async (when) => {
      await world.deploy();
      const jar = secondAgent(jdk, world);
      const subject = await world.subject(jdk, 'none', when === 'before' ? [`-javaagent:${jar}`] : []);
      await world.attach(subject);
      if (when === 'after') await world.attach(subject, 'x', jar);
      await expectFollows(subject);
    },
  );

  test(
    `handshakes in ${THREADS} threads over ${CHANGES} changes of the file never fail, no heap is kept, and the first one after a change is right`,
    () => {
      const own = world.path(`stress-${jdk.major}`); // another marker than the lab's
      mkdirSync(join(own, 'state'), { recursive: true });
      const options = [`-javaagent:${agentJar}=dir=${own}`, '-Xmx256m', '-XX:TieredStopAtLevel=1'];
      // The JDK keeps up to 20,480 sessions for a day, softly, and this collector some garbage to save itself work: neither
      // must be taken for a leak, nor hide one.
      const exact = ['-XX:+UseSerialGC', '-XX:MarkSweepDeadRatio=0', '-XX:SoftRefLRUPolicyMSPerMB=0'];
      const passwordless = ['certProtectionAlgorithm', 'macAlgorithm'].map((name) => `-Dkeystore.pkcs12.${name}=NONE`);
      const counts = [THREADS, CHANGES, FIRST_HANDSHAKES].map(String);
      const program = ['-cp', testClasses, 'io.trustcast.jvm.test.Stress', join(own, 'truststore.p12'), ...counts];
      const answer = execFileSync(jdk.java, [...options, ...exact, ...passwordless, ...program], {
        encoding: 'utf8',
        timeout: STRESS_TIMEOUT_MS,
      });
      console.info(`JDK ${jdk.major}\n${answer}`);
      expect(answer).toContain(`first wrong 0 of ${FIRST_HANDSHAKES}`);
      const heapKiB = [...answer.matchAll(/^heap after \d+ changes: (\d+) KiB$/gm)].map((line) => Number(line[1]));
      expect(heapKiB).toHaveLength(10);
      // What is about to go can only add to what stays.
      expect(Math.min(...heapKiB.slice(5)) - Math.min(...heapKiB.slice(0, 5))).toBeLessThan(512);
    },
    STRESS_TIMEOUT_MS,
  );
});

describe.each(findJvms().filter(({ major }) => major < 24))('JDK $major with a SecurityManager', (jdk) => {
  const grants = (codeBase: string) =>
    `grant codeBase "file:${codeBase}" { permission java.security.AllPermission; };\n`;

  test('the agent works for an application that may do little, once its own jar is granted all', async () => {
    await world.deploy();
    const policy = world.path('granted.policy');
    const little = ['java.util.PropertyPermission "*", "read,write"', 'java.lang.RuntimePermission "exitVM.0"'];
    const network = 'java.net.SocketPermission "*", "connect,resolve"';
    const program = [...little, network, 'java.lang.RuntimePermission "manageProcess"'].map((p) => `permission ${p};`);
    writeFileSync(policy, `${grants(agentJar)}grant { ${program.join(' ')} };\n`);
    await expectFollows(
      await world.subject(jdk, 'premain', ['-Djava.security.manager', `-Djava.security.policy==${policy}`]),
    );
  });

  test('the application starts when the agent is granted nothing', async () => {
    const policy = world.path('bare.policy');
    writeFileSync(policy, grants(`${testClasses}/`));
    const subject = await world.subject(jdk, 'premain', [
      '-Djava.security.manager',
      `-Djava.security.policy==${policy}`,
    ]);
    expect(await subject.ask('issuers')).toMatch(/^ok/);
  });
});
