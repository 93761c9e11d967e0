import 'reflect-metadata';
import { X509Certificate as NodeCertificate, createHash, webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { encodeElement } from '@trustcast/keystore/test/asn1.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import {
  type CertificateFields,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  pemOf,
  suggestAlias,
} from '../src/index.js';
import { extension, oddCertificate, publicKey, sequence } from './gate/odd-certificate.js';

const DAY_MS = 86_400_000;
const now = new Date('2026-06-15T12:00:00Z');
const inDays = (days: number) => new Date(now.getTime() + days * DAY_MS);
const EC = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: Buffer.of(1, 0, 1), modulusLength: 2048 };

describe('the fields of a certificate', () => {
  let root: CertificateFields;
  let leaf: CertificateFields;
  let leafDer: Uint8Array;

  beforeAll(async () => {
    const [rootKeys, leafKeys] = await Promise.all([
      webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']),
      webcrypto.subtle.generateKey(RSA, true, ['sign', 'verify']),
    ]);
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=Acme Root\\, first, O=Acme',
      serialNumber: '0a1b2c',
      notBefore: inDays(-100),
      notAfter: inDays(1000),
      keys: rootKeys,
      signingAlgorithm: EC,
      extensions: [
        new x509.BasicConstraintsExtension(true, 2, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    });
    const issued = await x509.X509CertificateGenerator.create({
      subject: 'CN=api.acme.example',
      issuer: made.subject,
      serialNumber: '01',
      notBefore: inDays(-10),
      notAfter: inDays(80),
      publicKey: leafKeys.publicKey,
      signingKey: rootKeys.privateKey,
      signingAlgorithm: EC,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'api.acme.example' },
          { type: 'ip', value: '192.0.2.7' },
          { type: 'ip', value: '2001:db8::1' },
          { type: 'email', value: 'ops@acme.example' },
          { type: 'url', value: 'https://api.acme.example/x' },
        ]),
        new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.2.3.4']),
      ],
    });
    leafDer = new Uint8Array(issued.rawData);
    [root, leaf] = [certificateFields(new Uint8Array(made.rawData)), certificateFields(leafDer)];
  });

  it('are those of a root', () => {
    expect(root).toMatchObject({
      subject: 'CN=Acme Root\\, first, O=Acme',
      issuer: root.subject,
      serialNumber: 'a1b2c',
      notBefore: inDays(-100),
      notAfter: inDays(1000),
      subjectAlternativeNames: [],
      keyAlgorithm: 'EC',
      keySize: 384,
      curve: 'P-384',
      signatureAlgorithm: 'SHA384withECDSA',
      keyUsages: ['keyCertSign', 'cRLSign'],
      extendedKeyUsages: null,
      basicConstraints: { ca: true, pathLength: 2 },
      selfSigned: true,
      ca: true,
    });
  });

  it('are those of a leaf', () => {
    expect(leaf).toMatchObject({
      subject: 'CN=api.acme.example',
      issuer: root.subject,
      serialNumber: '1',
      subjectAlternativeNames: [
        { type: 'dns', value: 'api.acme.example' },
        { type: 'ip', value: '192.0.2.7' },
        { type: 'ip', value: '2001:db8::1' },
        { type: 'email', value: 'ops@acme.example' },
        { type: 'uri', value: 'https://api.acme.example/x' },
      ],
      subjectAlternativeNameCount: 5,
      keyAlgorithm: 'RSA',
      keySize: 2048,
      curve: null,
      keyUsages: null,
      extendedKeyUsages: ['serverAuth', '1.2.3.4'],
      basicConstraints: null,
      fingerprintSha1: createHash('sha1').update(leafDer).digest('hex'),
      fingerprintSha256: createHash('sha256').update(leafDer).digest('hex'),
      selfSigned: false,
      ca: false,
    });
  });

  it('are what Node reads, for every public root', () => {
    for (const { der } of machineRoots()) {
      const [ours, node] = [certificateFields(der), new NodeCertificate(der)];
      expect(ours.notBefore).toEqual(new Date(node.validFrom));
      expect(ours.notAfter).toEqual(new Date(node.validTo));
      expect(ours.serialNumber).toBe(node.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''));
      expect(ours.ca).toBe(node.ca);
      expect(ours.keySize).toBe(
        node.publicKey.asymmetricKeyDetails?.modulusLength ?? Number(/\d+/.exec(ours.curve ?? '')?.[0]),
      );
      expect(ours.subject.split(/(?<!\\)[,+]/)).toHaveLength(node.subject.split(/\n|(?<= ) \+ /).length);
    }
  });

  it('come back from PEM', () => {
    expect(new NodeCertificate(pemOf(leafDer)).raw.equals(leafDer)).toBe(true);
    expect(pemOf(leafDer)).toBe(new NodeCertificate(leafDer).toString());
  });

  it('give the alias', () => {
    expect(suggestAlias(root)).toBe('acme-root-first');
    expect(suggestAlias(leaf)).toBe('api.acme.example');
    const named = (subject: string) => suggestAlias({ ...leaf, subject });
    expect(named('CN=Übung GmbH & Co. KG Straße')).toBe('ubung-gmbh-co.-kg-strasse');
    expect(named('O=Türk Işık')).toBe('turk-isik');
    expect(named('CN=証明書')).toBe(`certificate-${leaf.fingerprintSha256.slice(0, 12)}`);
    expect(named('')).toBe(`certificate-${leaf.fingerprintSha256.slice(0, 12)}`);
    expect(named(`CN=${'x'.repeat(500)}`)).toHaveLength(64);
  });

  it('give the warnings', () => {
    const codes = (fields: CertificateFields, at = now) => certificateWarnings(fields, at).map(({ code }) => code);
    expect(codes(root)).toEqual([]);
    expect(codes(root, inDays(-101))).toEqual(['NOT_YET_VALID']);
    expect(codes(root, inDays(971))).toEqual(['EXPIRING']);
    expect(codes(root, inDays(969))).toEqual([]);
    expect(codes(root, inDays(1001))).toEqual(['EXPIRED']);
    expect(codes(leaf)).toEqual(['LEAF_PIN']);
    expect(codes({ ...leaf, selfSigned: true })).toEqual(['NOT_A_CA']);
    expect(codes({ ...root, selfSigned: false })).toEqual(['INTERMEDIATE']);
    expect(codes({ ...leaf, keySize: 1024 })).toEqual(['WEAK_KEY', 'LEAF_PIN']);
    expect(codes({ ...root, keySize: 192 })).toEqual(['WEAK_KEY']);
    expect(codes({ ...leaf, signatureAlgorithm: 'SHA1withRSA' })).toEqual(['WEAK_SIGNATURE', 'LEAF_PIN']);
    expect(codes({ ...root, signatureAlgorithm: 'MD5withRSA' })).toEqual([]);
  });

  it('are refused to nobody who was admitted', () => {
    expect(() => assertJavaSafe(leafDer)).not.toThrow();
  });
});

describe('what a certificate says, as it was written', () => {
  it.each([
    ['ca-ber-true', { ca: true }],
    ['rsa-sha3', { signatureAlgorithm: 'SHA3-256withRSA' }],
    ['time-offset', { notAfter: new Date('2059-12-31T21:00:00Z') }],
    ['time-fractional', { notAfter: new Date('2060-01-01T00:00:00Z') }],
    ['padded-serial', { serialNumber: '42434445464748', serialNumberPadded: true }],
  ])('%s', (file, expected) => {
    const der = readFileSync(new URL(`../../test/fixtures/certs/${file}.der`, import.meta.url));
    expect(certificateFields(der)).toMatchObject(expected);
  });

  it('a name in raw UTF-8 or Latin-1 is shown as its letters', () => {
    const names = (bytes: Buffer) => {
      const value = sequence(encodeElement(0x82, bytes));
      return certificateFields(oddCertificate({ extensions: [extension('2.5.29.17', value)] })).subjectAlternativeNames;
    };
    const shown = [{ type: 'dns', value: 'bücher.example', ignoredByJava: false }];
    expect(names(Buffer.from('bücher.example'))).toEqual(shown);
    expect(names(Buffer.from('bücher.example', 'latin1'))).toEqual(shown);
  });

  it('names of an extension that Java cannot read are marked, with a warning', () => {
    const value = sequence(encodeElement(0x82, Buffer.from('a.example')), encodeElement(0x87, Buffer.alloc(5)));
    const fields = certificateFields(oddCertificate({ extensions: [extension('2.5.29.17', value)] }));
    expect(fields.subjectAlternativeNames.map(({ ignoredByJava }) => ignoredByJava)).toEqual([true, true]);
    expect(certificateWarnings(fields, new Date(0)).map(({ code }) => code)).toContain('NAMES_IGNORED');
  });

  it('a padded serial number is admitted with a warning that names BouncyCastle', () => {
    const fields = certificateFields(oddCertificate({ serialNumber: Buffer.of(2, 2, 0, 7) }));
    expect(certificateWarnings(fields, new Date(0))).toContainEqual({
      code: 'SERIAL_PADDED',
      message: expect.stringContaining('BouncyCastle'),
    });
  });

  it.each([
    ['ec-brainpoolP256r1', 'brainpoolP256r1'],
    ['ec-secp256k1', 'secp256k1'],
    ['ec-secp160r1', 'secp160r1'],
    ['ec-prime192v1', 'P-192'],
  ])('the curve of %s is one that JDK 16 and later cannot compute on, and a warning says so', (key, curve) => {
    const fields = certificateFields(oddCertificate({ publicKey: publicKey(key) }));
    expect(certificateWarnings(fields, new Date(0))).toContainEqual({
      code: 'CURVE_UNSUPPORTED',
      message: expect.stringContaining(`its curve ${curve}`),
    });
  });

  it.each(['ec-P-256', 'ec-P-384', 'ec-P-521', 'ed25519', 'rsa-2048'])('%s has no such warning', (key) => {
    const fields = certificateFields(oddCertificate({ publicKey: publicKey(key) }));
    expect(certificateWarnings(fields, new Date(0)).map(({ code }) => code)).not.toContain('CURVE_UNSUPPORTED');
  });
});
