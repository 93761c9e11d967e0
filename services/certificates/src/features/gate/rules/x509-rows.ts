import type { AdmittedCertificate } from './validate-certificate.js';

/** Rows of X.509 certificates as PostgreSQL takes them in JSON. */
export function x509Row({ fingerprint, der, fields }: Omit<AdmittedCertificate, 'warnings'>) {
  return {
    fingerprint,
    der: Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString('base64'),
    not_before: fields.notBefore,
    not_after: fields.notAfter,
    fields,
  };
}

/** For JSON.stringify: jsonb takes neither NUL nor halves of surrogate pairs, which a certificate's strings may hold. */
export function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value;
}
