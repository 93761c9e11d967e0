import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJvms } from './jdks.js';
import { agentJar, classes, JavaProcess, testClasses } from './java-process.js';
import { World } from './world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.create();
  port = await world.serve('partner', 'TLSv1.3');
  await world.lab.do('self', 'foreign');
});

afterAll(async () => world.close());

describe.each(findJvms())('JDK $major', (jdk) => {
  test('a bad file leaves the last good set in force, is reported, and is recovered from', async () => {
    rmSync(world.truststore, { recursive: true, force: true });
    const subject = await world.subject(jdk, 'none');
    await world.attach(subject);
    await world.until(subject, (status) => status.reason === 'FILE_MISSING' && status.loaded === null);
    await subject.do('make', 'client', 'null-managers');

    const few = ['trustcast/marker=marker', 'partner-ca=partner'];
    const good = (await world.lab.do('many', world.truststore, 10, ...few)).split(' ')[0] ?? '';
    await world.untilLive(subject, good);
    const bytes = readFileSync(world.truststore);
    const replaced = (make: () => unknown) => async () => {
      rmSync(world.truststore, { recursive: true, force: true });
      await make();
    };
    const failures: [string, () => unknown][] = [
      ['FILE_EMPTY', () => truncateSync(world.truststore)],
      ['FILE_CORRUPT', () => writeFileSync(world.truststore, 'garbage')],
      ['FILE_MISSING', () => rmSync(world.truststore)],
      ['NOT_A_FILE', replaced(() => mkdirSync(world.truststore))],
      ['NOT_A_FILE', replaced(() => execFileSync('mkfifo', [world.truststore]))],
      ['MARKER_MISSING', replaced(() => world.lab.do('encrypt', world.truststore, 'trustcast/marker=marker'))],
      ['MARKER_MISSING', () => world.lab.do('store', world.truststore, 'other-ca=other')],
      ['MARKER_FOREIGN', () => world.lab.do('store', world.truststore, 'trustcast/marker=foreign')],
    ];
    for (let size = 1_024; size < bytes.length; size += 1_024) {
      failures.push(['FILE_CORRUPT', () => writeFileSync(world.truststore, bytes.subarray(0, size))]);
    }
    for (const [code, spoil] of failures) {
      await spoil();
      const status = await world.until(
        subject,
        ({ state, reason }) => state === 'FAILED' && reason?.startsWith(code) === true,
      );
      expect(status).toMatchObject({ loaded: { sha256: good }, lastError: { message: status.reason }, hookErrors: 0 });
      expect(await subject.ask('call', 'client', port)).toMatch(/^ok/);
      rmSync(world.truststore, { recursive: true, force: true });
      writeFileSync(world.truststore, bytes);
      await world.untilLive(subject, good);
    }
    expect(subject.stderr).toBe('');
  });

  test.each([
    ['', 'BAD_OPTIONS: the option dir is missing: name the directory of the host agent'],
    ['=nonsense', 'BAD_OPTIONS: unknown option nonsense: there are dir, cut and issuers'],
    ['=dir=', 'BAD_OPTIONS: dir= is no path: name the directory of the host agent'],
    ['=dir=/nowhere/at/all', 'DIRECTORY_MISSING: /nowhere/at/all is no directory'],
    ['=dir=agent', 'DIRECTORY_RELATIVE: dir= is no absolute path and stands for /.*/agent: .*; DIRECTORY_MISSING: '],
    ['=dir=WORLD,cut=yes', 'BAD_OPTIONS: cut=yes is not known: cut is true or false\n'],
    ['=dir=WORLD,issuers=some', 'BAD_OPTIONS: issuers=some is not known: issuers is auto, all or none\n'],
    ['=dir=WORLD,cut=,x=1', 'BAD_OPTIONS: cut= is not known: .*; unknown option x: '],
    ['=dir=WORLD,cut=true,issuers=all', undefined],
  ])(
    'the application starts with the options "%s", and one line says what is wrong with them',
    async (options, complaint) => {
      const subject = await JavaProcess.start(jdk, 'Subject', [
        `-javaagent:${agentJar}${options.replace('WORLD', world.directory)}`,
      ]);
      expect(await subject.ask('issuers')).toMatch(/^ok/);
      if (complaint === undefined) expect(subject.stderr).toBe('');
      else expect(subject.stderr).toMatch(new RegExp(`^trustcast: ${complaint}.*\n?$`));
      await subject.stop();
    },
  );

  test('a class that is not as expected: nothing is patched, UNSUPPORTED is said, the application goes on', async () => {
    const home = world.path(`patched-${jdk.major}`);
    mkdirSync(`${home}/sun/security/ssl`, { recursive: true });
    await world.lab.do(
      'rename-method',
      `${home}/sun/security/ssl/SSLSessionImpl.class`,
      'sun/security/ssl/SSLSessionImpl',
      'isRejoinable',
      'isRejoinablX',
      jdk.home,
    );
    await world.deploy('partner-ca=partner');
    const subject = await world.subject(jdk, 'premain', ['--patch-module', `java.base=${home}`]);
    const status = await world.until(subject, ({ state }) => state === 'UNSUPPORTED');
    expect(status).toMatchObject({
      patched: [],
      loaded: null,
      reason: expect.stringMatching(/^UNSUPPORTED_JDK: .*isRejoinable/),
    });
    expect(await subject.ask('issuers', world.truststore)).toBe('ok 2');
  });

  test('whatever the fast reader accepts, the JDK keystore reads as the same entries', async () => {
    await world.deploy('partner-ca=partner', 'other-ca=other');
    const program = [
      '-cp',
      `${testClasses}:${classes}`,
      'io.trustcast.jvm.impl.truststore.ReaderAgreement',
      world.truststore,
    ];
    const answer = execFileSync(jdk.java, ['-XX:TieredStopAtLevel=1', ...program], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect(answer).toMatch(/^accepted \d{4} different 0\n$/);
  });
});
