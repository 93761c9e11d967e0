import { Asn1Error, Asn1Reader } from '@trustcast/keystore';

/** Whether bytes are one SEQUENCE { SEQUENCE, SEQUENCE, BIT STRING } in DER and nothing behind it, as certificates are. */
export function hasCertificateShape(der: Uint8Array): boolean {
  try {
    const file = new Asn1Reader(der, 'DER');
    const certificate = file.enter(0x30);
    file.end();
    const [tbs, , , ...more] = [
      certificate.next(0x30),
      certificate.next(0x30),
      certificate.next(0x03),
      ...certificate.rest(),
    ];
    // A certificate begins with its version or serial number; a request and a CRL differ behind that.
    return more.length === 0 && fieldsOf(certificate.inside(tbs));
  } catch (error) {
    if (error instanceof Asn1Error) return false;
    throw error;
  }
}

function fieldsOf(tbs: Asn1Reader): boolean {
  tbs.optional(0xa0);
  const tags = [...tbs.rest()].map(({ tag }) => tag);
  return [0x02, 0x30, 0x30, 0x30, 0x30, 0x30].every((tag, index) => tags[index] === tag);
}
