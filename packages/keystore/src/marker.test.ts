import { X509Certificate, createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isMarker, markerCertificate } from './marker.js';

const ENVIRONMENT = '6f1c2b52-5f0e-4d0c-9a8e-0d3c8a1f7b01';
const environments = fc.uuid().filter((id) => !/^[0-]+$/.test(id));

describe('the marker', () => {
  it('has the same bytes in every release', () => {
    expect(createHash('sha256').update(markerCertificate(ENVIRONMENT)).digest('hex')).toBe(
      '3089d4d1b80d5653364f9400af38270e1adfc4ee0cda39d60f369ffc62901fed',
    );
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
        expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
      }),
      { numRuns: 20 },
    );
  });

  it('is recognised for every environment, and differs between two', () => {
    fc.assert(
      fc.property(environments, (id) => {
        expect(isMarker(markerCertificate(id))).toBe(true);
        if (id !== ENVIRONMENT)
          expect(Buffer.compare(markerCertificate(id), markerCertificate(ENVIRONMENT))).not.toBe(0);
      }),
    );
  });

  it('is not recognised with any one byte changed', () => {
    const der = markerCertificate(ENVIRONMENT);
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
