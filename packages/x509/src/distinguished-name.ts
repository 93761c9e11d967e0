import { Asn1Reader } from '@trustcast/keystore';
import { demand } from './demand.js';

/** Attributes of a name, by the OID of their type, in order. */
export interface NameAttribute {
  readonly oid: string;
  /** DER of the value. */
  readonly value: Buffer;
}

const BMP_STRING = 0x1e;

/** Reads a Name (RFC 5280 section 4.1.2.4). @throws NotJavaSafeError, Asn1Error */
export function nameAttributes(whole: Buffer): NameAttribute[] {
  const attributes: NameAttribute[] = [];
  const sequence = new Asn1Reader(whole, 'DER').enter(0x30);
  while (!sequence.done) {
    const set = sequence.enter(0x31);
    demand(set.nextTag !== undefined, 'NAME', 'a name has an empty part');
    while (!set.done) {
      const fields = set.enter(0x30);
      const oid = fields.oid();
      const { tag, content, whole: value } = fields.next();
      fields.end();
      if (tag === BMP_STRING) demandBasicPlane(content);
      attributes.push({ oid, value });
    }
  }
  return attributes;
}

/** Java refuses a BMPString with surrogates. */
function demandBasicPlane(content: Buffer): void {
  demand(content.length % 2 === 0, 'NAME', 'a BMPString is cut off');
  for (let at = 0; at < content.length; at += 2)
    demand(((content[at] ?? 0) & 0xf8) !== 0xd8, 'NAME', 'a BMPString has surrogates');
}
