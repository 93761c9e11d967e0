import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markerCertificate, writePkcs12 } from '@trustcast/keystore';
import { JavaJudge } from '@trustcast/keystore/test/java-judge.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { NotJavaSafeError, assertJavaSafe, certificateFields } from '../src/index.js';
import { HARMLESS } from './harmless.js';
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

  it('admits every public root', () => {
    for (const { der } of machineRoots()) expect(() => assertJavaSafe(der)).not.toThrow();
  });
});
