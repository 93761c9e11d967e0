import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { markerCertificate, writePkcs12 } from '@trustcast/keystore';
import { ReferenceJvm } from '@trustcast/keystore/test/reference-jvm.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { encodeOid } from '@trustcast/keystore/test/asn1.js';
import { MAX_SUBJECT_BYTES, NotJavaSafeError, assertJavaSafe, certificateFields } from '../../src/index.js';
import { BROKEN_KEYS } from './broken-keys.js';
import { HARMLESS } from './harmless.js';
import { keyInfo, name, oddCertificate, sequence } from './odd-certificate.js';
import { POISON } from './poison.js';
import { POINT_OUTSIDE_ITS_GROUP, UNCHECKED_KEYS, keysOfAllCurves } from './unchecked-keys.js';
import { UNREADABLE_ELSEWHERE } from './unreadable-elsewhere.js';
import { isWarnedOf } from './warned-providers.js';

const good = { alias: 'good', der: markerCertificate('6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01') };

describe('the gate, in the eyes of every JDK and of providers that come before its own', () => {
  let references: ReferenceJvm[] = [];
  let providers: ReferenceJvm[] = [];
  beforeAll(async () => {
    [references, providers] = await Promise.all([ReferenceJvm.startAll(), ReferenceJvm.startProviders()]);
  });
  afterAll(() => Promise.all([...references, ...providers].map((reference) => reference.stop())));

  /** How many entries a reference JVM finds in a truststore with these, or why it refuses the file. */
  const count = async (reference: ReferenceJvm, ...ders: readonly Uint8Array[]) => {
    const loaded = await reference.open([good, ...ders.map((der, index) => ({ alias: `odd-${index}`, der }))]);
    return typeof loaded === 'string' ? `${reference.name}: ${loaded}` : loaded.length;
  };

  it.each(POISON)('$what breaks a truststore and is refused as $rule', async ({ der, rule, fromJdk = 0 }) => {
    for (const reference of references) {
      const loaded = await reference.load(writePkcs12([good, { alias: 'bad', der }]));
      if (reference.major >= fromJdk) expect(loaded).toMatch(/^refused /);
      else expect(loaded).toHaveLength(2);
    }
    expect(() => assertJavaSafe(der)).toThrow(NotJavaSafeError);
    expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ code: 'NOT_JAVA_SAFE', rule }));
  });

  it.each(HARMLESS)('$what is odd, loads, and is admitted', async ({ der }) => {
    expect(() => assertJavaSafe(der)).not.toThrow();
    expect(certificateFields(der).fingerprintSha256).toHaveLength(64);
    for (const reference of references) expect(await count(reference, der)).toBe(2);
    for (const provider of providers) if (!isWarnedOf(provider.name, der)) expect(await count(provider, der)).toBe(2);
  });

  it.each(UNREADABLE_ELSEWHERE)(
    '$what is loaded by the JDK alone, and is refused',
    async ({ der, rule = 'PROVIDER' }) => {
      for (const reference of references) expect(await count(reference, der)).toBe(2);
      const opened = await Promise.all(providers.map((provider) => count(provider, der)));
      expect(opened).toContainEqual(expect.stringContaining(': refused '));
      expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ code: 'NOT_JAVA_SAFE', rule }));
      expect(() => assertJavaSafe(der)).not.toThrow(/Java cannot load/);
    },
  );

  it.each(BROKEN_KEYS)('$what is loaded by the JDK alone, and is refused as KEY_VALUE', async ({ der }) => {
    for (const reference of references) expect(await count(reference, der)).toBe(2);
    const opened = await Promise.all(providers.map((provider) => count(provider, der)));
    expect(opened).toContainEqual(expect.stringContaining(': refused '));
    expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ code: 'NOT_JAVA_SAFE', rule: 'KEY_VALUE' }));
    expect(() => assertJavaSafe(der)).not.toThrow(/Java cannot load/);
  });

  it.each(UNCHECKED_KEYS)(
    '$what is loaded by every JDK, and is refused as one that cannot be checked',
    async ({ der }) => {
      for (const reference of references) expect(await count(reference, der)).toBe(2);
      expect(() => assertJavaSafe(der)).toThrow(expect.objectContaining({ rule: 'KEY_UNCHECKED' }));
      expect(() => assertJavaSafe(der)).toThrow(/^this key cannot be checked/);
    },
  );

  it('of the curves of OpenSSL, those that every JDK knows load everywhere or are unchecked, and of others Java loads none', async () => {
    for (const { curve, der } of keysOfAllCurves()) {
      const opened = await Promise.all(references.map(async (reference) => (await count(reference, der)) === 2));
      const rule = ruleOf(der);
      expect({ curve, rule, opened }).toEqual({ curve, rule, opened: references.map(() => rule !== 'PUBLIC_KEY') });
      if (rule === undefined)
        for (const provider of providers) expect([curve, await count(provider, der)]).toEqual([curve, 2]);
      else if (rule === 'PUBLIC_KEY') expect(() => assertJavaSafe(der)).toThrow(/no JDK knows the curve/);
    }
  }, 120_000);

  it('a point outside the group of its curve closes a truststore where BouncyCastle comes first', async () => {
    const opened = await Promise.all(providers.map((provider) => count(provider, POINT_OUTSIDE_ITS_GROUP)));
    expect(opened).toContainEqual(expect.stringMatching(/^BouncyCastle.* refused /));
    for (const reference of references) expect(await count(reference, POINT_OUTSIDE_ITS_GROUP)).toBe(2);
    expect(ruleOf(POINT_OUTSIDE_ITS_GROUP)).toBe('KEY_UNCHECKED');
  });

  it('a key of an algorithm that no JDK knows is refused as such, not as one that Java cannot load', () => {
    const der = oddCertificate({ publicKey: keyInfo(sequence(encodeOid('1.2.3.4')), Buffer.alloc(32, 1)) });
    expect(() => assertJavaSafe(der)).toThrow('no JDK can use this certificate: the key has the algorithm 1.2.3.4');
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

  it('admits every public root, and every reference JVM opens the file with all of them', async () => {
    const roots = machineRoots();
    for (const { der } of roots) expect(() => assertJavaSafe(der)).not.toThrow();
    for (const reference of [...references, ...providers])
      expect(await count(reference, ...roots.map(({ der }) => der))).toBe(roots.length + 1);
  }, 240_000);

  it('every reference JVM opens the files of 30 markers', async () => {
    for (let index = 0; index < 30; index++) {
      const marker = { alias: 'trustcast/marker', der: markerCertificate(randomUUID()) };
      for (const reference of [...references, ...providers])
        expect(await reference.open([marker])).toEqual([expect.objectContaining({ kind: 'trusted' })]);
    }
  }, 240_000);
});

/** The rule that a certificate is refused for; undefined where it is admitted. */
function ruleOf(der: Uint8Array): string | undefined {
  try {
    assertJavaSafe(der);
    return undefined;
  } catch (error) {
    if (error instanceof NotJavaSafeError) return error.rule;
    throw error;
  }
}
