import { Asn1Reader } from '@trustcast/keystore';
import { integer } from './certificate-parts.js';
import { demand } from './demand.js';
import type { JavaSafeRule } from './errors.js';

/** `parameters`: undefined where they are absent or NULL, which Java takes for the same. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: Buffer | undefined;
}

export const RSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';
const HASHES = new Set([
  '1.3.14.3.2.26',
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((arc) => `2.16.840.1.101.3.4.2.${arc}`),
]);

/** Reads an AlgorithmIdentifier (RFC 5280 section 4.1.1.2). */
export function readAlgorithm(whole: Buffer, rule: JavaSafeRule): AlgorithmIdentifier {
  const fields = new Asn1Reader(whole, 'DER').enter(0x30);
  const oid = fields.oid();
  if (fields.done) return { oid, parameters: undefined };
  const element = fields.next();
  fields.end();
  if (element.tag !== 0x05) return { oid, parameters: element.whole };
  demand(element.content.length === 0, rule, 'NULL has content');
  return { oid, parameters: undefined };
}

/** RSA of PKCS#1, ECDSA with a named hash, and what NIST has under its arc: no JDK and no provider reads parameters of these. */
const WITHOUT_PARAMETERS =
  /^(?:1\.2\.840\.113549\.1\.1\.(?:[2-5]|1[1-6])|1\.2\.840\.10045\.4\.(?:1|3\.\d)|2\.16\.840\.1\.101\.3\.4\.3\.\d{1,3})$/;

/**
 * Java decodes parameters where it has a class for those of the algorithm, whether or not it will ever use them. Of signature algorithms that
 * is RSASSA-PSS in the JDK, and DSA and EdDSA too where BouncyCastle comes first.
 */
export function demandSignatureAlgorithm({ oid, parameters }: AlgorithmIdentifier): void {
  if (parameters === undefined || WITHOUT_PARAMETERS.test(oid)) return;
  demand(oid === RSA_PSS, 'SIGNATURE_ALGORITHM', `the signature algorithm ${oid} has parameters`);
  demandPssParameters(parameters, 'SIGNATURE_ALGORITHM');
}

/** RSASSA-PSS-params of RFC 8017 appendix A.2.3, as far as sun.security.rsa.PSSParameters goes. */
export function demandPssParameters(parameters: Buffer, rule: JavaSafeRule): void {
  const fields = new Asn1Reader(parameters, 'DER').enter(0x30);
  const hash = fields.nextTag === 0xa0 ? explicit(fields, 0xa0).next(0x30).whole : undefined;
  if (hash) demandHash(hash, rule);
  if (fields.nextTag === 0xa1) {
    const mask = readAlgorithm(explicit(fields, 0xa1).next(0x30).whole, rule);
    demand(mask.oid === MGF1 && mask.parameters !== undefined, rule, 'the mask generation of RSASSA-PSS is unknown');
    demandHash(mask.parameters, rule);
  }
  if (fields.nextTag === 0xa2) {
    const salt = integer(explicit(fields, 0xa2).next(0x02));
    demand(salt.length <= 3 && (salt[0] ?? 0) < 0x80, rule, 'the salt length of RSASSA-PSS is out of range');
  }
  if (fields.nextTag === 0xa3) {
    const trailer = integer(explicit(fields, 0xa3).next(0x02));
    demand(trailer.length === 1 && trailer[0] === 1, rule, 'the trailer of RSASSA-PSS is unknown');
  }
  fields.end();
}

function explicit(fields: Asn1Reader, tag: number): Asn1Reader {
  const element = fields.next(tag);
  const checked = fields.inside(element);
  checked.next();
  checked.end();
  return fields.inside(element);
}

function demandHash(whole: Buffer, rule: JavaSafeRule): void {
  const { oid, parameters } = readAlgorithm(whole, rule);
  demand(HASHES.has(oid) && parameters === undefined, rule, 'a hash of RSASSA-PSS is unknown');
}
