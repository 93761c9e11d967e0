import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markerCertificate, writePkcs12 } from '@trustcast/keystore';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { encodeOid } from '@trustcast/keystore/test/asn1.js';
import { MAX_SUBJECT_BYTES, NotJavaSafeError, assertJavaSafe, certificateFields } from '../src/index.js';
import { BROKEN_KEYS } from './broken-keys.js';
import { HARMLESS } from './harmless.js';
import { keyInfo, name, oddCertificate, sequence } from './odd-certificate.js';
import { POISON } from './poison.js';

const good = { alias: 'good', der: markerCertificate('6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01') };

describe('the gate, in the eyes of every JDK', () => {
  let judges: JavaJudge[] = [];
  beforeAll(async () => {
    judges = await JavaJudge.startAll();
  });
  afterAll(() => Promise.all(judges.map((judge) => judge.stop())));

  it.each(POISON)('$what breaks a truststore and is refused as $rule', async ({ der, rule, fromJdk = 0 }) => {
    for (const judge of judges) {
      const judged = await judge.load(writePkcs12([good, { alias: 'bad', der }]));
      if (judge.major >= fromJdk) expect(judged).toMatch(/^refused /);
      else expect(judged).toHaveLength(2);
    }
    expect(() => assertJavaSafe(der)).toThrow(NotJavaSafeError);
    expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ code: 'NOT_JAVA_SAFE', rule }));
  });

  it.each(HARMLESS)('$what is odd, loads, and is admitted', async ({ der }) => {
    expect(() => assertJavaSafe(der)).not.toThrow();
    expect(certificateFields(der).fingerprintSha256).toHaveLength(64);
    for (const judge of judges) expect(await judge.load(writePkcs12([good, { alias: 'odd', der }]))).toHaveLength(2);
  });

  it.each(BROKEN_KEYS)('$what is loaded by the JDK alone, and is refused as KEY_VALUE', async ({ der }) => {
    for (const judge of judges) expect(await judge.load(writePkcs12([good, { alias: 'broken', der }]))).toHaveLength(2);
    expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ code: 'NOT_JAVA_SAFE', rule: 'KEY_VALUE' }));
    expect(() => assertJavaSafe(der)).not.toThrow(/Java cannot load/);
  });

  it('a key of an algorithm that no JDK knows is refused as such, not as one that Java cannot load', () => {
    const der = oddCertificate({ publicKey: keyInfo(sequence(encodeOid('1.2.3.4')), Buffer.alloc(32, 1)) });
    expect(() => assertJavaSafe(der)).toThrow('no JDK can use this certificate: its key is of algorithm 1.2.3.4');
  });

  it('a subject of more than 2,048 bytes is refused, and one of 2,048 is admitted', () => {
    const subject = (bytes: number) => {
      const empty = name('x'.repeat(300)).length - 300;
      return name('x'.repeat(bytes - empty));
    };
    expect(subject(MAX_SUBJECT_BYTES)).toHaveLength(2_048);
    expect(() => assertJavaSafe(oddCertificate({ subject: subject(MAX_SUBJECT_BYTES) }))).not.toThrow();
    expect(() => assertJavaSafe(oddCertificate({ subject: subject(MAX_SUBJECT_BYTES + 1) }))).toThrow(
      expect.objectContaining({ rule: 'SUBJECT_TOO_LONG' }),
    );
  });

  it('admits every public root', () => {
    for (const { der } of machineRoots()) expect(() => assertJavaSafe(der)).not.toThrow();
  });
});
