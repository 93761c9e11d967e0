import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { earlierMarkerCertificate, isMarker, markerCertificate } from './marker.js';

const ENVIRONMENT = '6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01';
const { marker } = JSON.parse(readFileSync(new URL('../../../../schema/vectors/v1.json', import.meta.url), 'utf8')) as {
  marker: { id: string; certificate: string; earlier: string }[];
};

/** The field and the constant of P-256 (SEC 2 section 2.4.2). */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const idOf = (number: number) => `6f1c2b52-5f0e-4d0c-9a8e-${number.toString(16).padStart(12, '0')}`;
const candidate = (number: number, counter: number) =>
  BigInt(
    `0x${createHash('sha256')
      .update(`trustcast marker/2 point ${counter} ${idOf(number)}`)
      .digest('hex')}`,
  );

function pointOf(number: number): { x: bigint; y: bigint } {
  const { publicKey } = new X509Certificate(markerCertificate(idOf(number)));
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const value = (text: string) => BigInt(`0x${Buffer.from(text, 'base64url').toString('hex')}`);
  return { x: value(x), y: value(y) };
}

/** Euler's criterion: whether x^3 - 3x + b is a square in the field. */
function isOnCurve(x: bigint): boolean {
  let base = (x ** 3n - 3n * x + B) % P;
  let power = 1n;
  for (let exponent = (P - 1n) / 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) power = (power * base) % P;
    base = (base * base) % P;
  }
  return x < P && power === 1n;
}

const environments = fc.uuid().filter((id) => !/^[0-]+$/.test(id));

describe('the marker', () => {
  it('has the bytes of the golden vectors, in the derivation of today and in the earlier one', () => {
    expect(marker.map(({ id }) => id)).toContain(ENVIRONMENT);
    for (const { id, certificate, earlier } of marker) {
      expect(Buffer.from(markerCertificate(id)).toString('base64')).toBe(certificate);
      expect(Buffer.from(earlierMarkerCertificate(id)).toString('base64')).toBe(earlier);
    }
  });

  it('has a point of P-256 for its key in thousands of environments, each its own', () => {
    const keys = new Set<string>();
    for (let number = 1; number <= 3_000; number++) {
      const { x, y } = pointOf(number);
      expect((y * y - (x ** 3n - 3n * x + B)) % P).toBe(0n);
      expect(x < P && y < P && y % 2n === 0n).toBe(true);
      keys.add(String(x));
    }
    expect(keys.size).toBe(3_000);
  });

  it('takes the first hash that is the x coordinate of a point', () => {
    const counters = new Set<number>();
    for (let number = 1; number <= 200; number++) {
      const { x } = pointOf(number);
      let counter = 0;
      while (candidate(number, counter) !== x) {
        expect(isOnCurve(candidate(number, counter))).toBe(false);
        counter++;
      }
      counters.add(counter);
    }
    expect(counters.size).toBeGreaterThan(3);
  });

  it('is a certificate that is no CA, names no host and signs nothing', () => {
    fc.assert(
      fc.property(environments, (id) => {
        const certificate = new X509Certificate(markerCertificate(id));
        expect(certificate.subject).toBe('CN=Trustcast marker');
        expect(certificate.issuer).toBe(certificate.subject);
        expect(certificate.ca).toBe(false);
        expect(certificate.subjectAltName).toBeUndefined();
        expect(certificate.serialNumber.toLowerCase().padStart(32, '0')).toBe(id.replaceAll('-', ''));
        expect(certificate.verify(certificate.publicKey)).toBe(false);
        expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
      }),
      { numRuns: 20 },
    );
  });

  it('is recognised for every environment, and differs between two', () => {
    fc.assert(
      fc.property(environments, (id) => {
        expect(isMarker(markerCertificate(id))).toBe(true);
        expect(isMarker(earlierMarkerCertificate(id))).toBe(true);
        if (id !== ENVIRONMENT)
          expect(Buffer.compare(markerCertificate(id), markerCertificate(ENVIRONMENT))).not.toBe(0);
      }),
    );
  });

  it.each([
    ['of today', markerCertificate],
    ['of earlier releases', earlierMarkerCertificate],
  ])('%s is not recognised with any one byte changed', (_when, derive) => {
    const der = derive(ENVIRONMENT);
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(isMarker(changed)).toBe(false);
    }
  });

  it('is not recognised in any other bytes', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => !isMarker(bytes)));
  });

  it.each(['', 'apimanager', ENVIRONMENT.toUpperCase(), '00000000-0000-0000-0000-000000000000'])(
    'is not made for %j',
    (id) => expect(() => markerCertificate(id)).toThrow('environmentId'),
  );
});
