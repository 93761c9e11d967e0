import { Asn1Error, Asn1Reader } from '@trustcast/keystore';
import type { OddParts } from './odd-certificate.js';

/** Parts of the same kind of many certificates, each in DER. */
export type PartPool = Readonly<Record<keyof OddParts, readonly Buffer[]>>;

/** Takes certificates apart, without judging a part; what cannot be taken apart is left out. */
export function poolOf(ders: readonly Buffer[]): PartPool {
  const split = ders.flatMap((der) => splitCertificate(der) ?? []);
  const each = (name: Exclude<keyof OddParts, 'extensions'>) => distinct(split.map((parts) => parts[name]));
  return {
    version: each('version'),
    serialNumber: each('serialNumber'),
    signatureAlgorithm: each('signatureAlgorithm'),
    outerSignatureAlgorithm: each('outerSignatureAlgorithm'),
    issuer: each('issuer'),
    notBefore: each('notBefore'),
    notAfter: each('notAfter'),
    subject: each('subject'),
    publicKey: each('publicKey'),
    uniqueIds: each('uniqueIds'),
    extensions: distinct(split.flatMap(({ extensions }) => extensions)),
    signature: each('signature'),
  };
}

type Split = Record<Exclude<keyof OddParts, 'extensions'>, Buffer> & { extensions: Buffer[] };

function splitCertificate(der: Buffer): Split | undefined {
  try {
    const certificate = new Asn1Reader(der, 'BER').enter(0x30);
    const tbs = certificate.enter(0x30);
    const none = Buffer.alloc(0);
    const version = tbs.optional(0xa0)?.whole ?? none;
    const [serialNumber, signatureAlgorithm, issuer] = [tbs.next().whole, tbs.next().whole, tbs.next().whole];
    const validity = tbs.enter(0x30);
    const [notBefore, notAfter] = [validity.next().whole, validity.next().whole];
    const [subject, publicKey] = [tbs.next().whole, tbs.next().whole];
    const uniqueIds = Buffer.concat([0x81, 0x82].map((tag) => tbs.optional(tag)?.whole ?? none));
    const extensions = tbs.nextTag === 0xa3 ? [...tbs.enter(0xa3).enter(0x30).rest()].map(({ whole }) => whole) : [];
    const [outerSignatureAlgorithm, signature] = [certificate.next().whole, certificate.next().whole];
    return {
      version,
      serialNumber,
      signatureAlgorithm,
      outerSignatureAlgorithm,
      issuer,
      notBefore,
      notAfter,
      subject,
      publicKey,
      uniqueIds,
      extensions,
      signature,
    };
  } catch (error) {
    if (error instanceof Asn1Error) return undefined;
    throw error;
  }
}

function distinct(parts: readonly Buffer[]): Buffer[] {
  return [...new Map(parts.map((part) => [part.toString('latin1'), part])).values()];
}
