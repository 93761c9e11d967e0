import { type Asn1Element, Asn1Reader } from '@trustcast/keystore';
import { bitString, integer, optionalBoolean, type ExtensionPart } from './certificate-parts.js';
import { demand } from './demand.js';
import { type GeneralNameUse, demandGeneralName } from './general-name.js';

export const EXTENSION_OID = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  issuerAlternativeName: '2.5.29.18',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  netscapeCertType: '2.16.840.1.113730.1.1',
} as const;

/** Extensions that Java reads and RFC 5280 never has critical, or that belong to CRLs. */
const NEVER_CRITICAL = new Set([
  '2.5.29.16',
  '2.5.29.20',
  '2.5.29.21',
  '2.5.29.27',
  '2.5.29.28',
  '2.5.29.29',
  '2.5.29.46',
  '1.3.6.1.5.5.7.1.11',
]);

const READERS: Readonly<Record<string, (reader: Asn1Reader) => void>> = {
  [EXTENSION_OID.subjectKeyIdentifier]: (reader) => void reader.octets(),
  [EXTENSION_OID.keyUsage]: (reader) => void bitString(reader.next(0x03)),
  [EXTENSION_OID.netscapeCertType]: (reader) => void bitString(reader.next(0x03)),
  [EXTENSION_OID.subjectAlternativeName]: (reader) => generalNames(reader.enter(0x30)),
  [EXTENSION_OID.issuerAlternativeName]: (reader) => generalNames(reader.enter(0x30)),
  [EXTENSION_OID.basicConstraints]: (reader) => void readBasicConstraints(reader),
  [EXTENSION_OID.nameConstraints]: nameConstraints,
  [EXTENSION_OID.crlDistributionPoints]: (reader) => listOf(reader.enter(0x30), distributionPoint),
  [EXTENSION_OID.certificatePolicies]: (reader) => listOf(reader.enter(0x30), policy),
  [EXTENSION_OID.policyMappings]: (reader) => listOf(reader.enter(0x30), policyMapping),
  [EXTENSION_OID.authorityKeyIdentifier]: authorityKeyIdentifier,
  [EXTENSION_OID.policyConstraints]: policyConstraints,
  [EXTENSION_OID.extendedKeyUsage]: (reader) => void readExtendedKeyUsages(reader),
  [EXTENSION_OID.inhibitAnyPolicy]: (reader) => void smallInteger(reader.next(0x02)),
  [EXTENSION_OID.authorityInfoAccess]: (reader) => listOf(reader.enter(0x30), accessDescription),
};

/** Throws unless Java takes a certificate's extensions. What is not critical and cannot be read, Java leaves aside. */
export function demandExtensions(extensions: readonly ExtensionPart[]): void {
  const seen = new Set<string>();
  for (const extension of extensions) {
    demand(!seen.has(extension.oid), 'DUPLICATE_EXTENSION', `the extension ${extension.oid} comes twice`);
    seen.add(extension.oid);
    if (extension.critical) demandReadable(extension);
  }
}

/** Throws unless Java reads this extension's value. */
export function demandReadable({ oid, value }: ExtensionPart): void {
  demand(!NEVER_CRITICAL.has(oid), 'EXTENSION', `the extension ${oid} is critical`);
  const read = READERS[oid];
  if (!read) return;
  const reader = new Asn1Reader(value, 'DER');
  read(reader);
  reader.end();
}

/** `pathLength` null: without limit. */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | null;
}

export function readBasicConstraints(reader: Asn1Reader): BasicConstraints {
  const fields = reader.enter(0x30);
  const ca = optionalBoolean(fields);
  const pathLength = fields.done ? null : smallInteger(fields.next(0x02));
  fields.end();
  return { ca, pathLength };
}

export function readExtendedKeyUsages(reader: Asn1Reader): string[] {
  const fields = reader.enter(0x30);
  const usages: string[] = [];
  while (!fields.done) usages.push(fields.oid());
  return usages;
}

function generalNames(reader: Asn1Reader, use: GeneralNameUse = 'name'): void {
  demand(!reader.done, 'EXTENSION', 'a list of names is empty');
  for (const name of reader.rest()) demandGeneralName(name, use);
}

function nameConstraints(reader: Asn1Reader): void {
  const fields = reader.enter(0x30);
  for (const tag of [0xa0, 0xa1]) {
    const trees = fields.optional(tag);
    if (trees)
      listOf(fields.inside(trees), (tree) => {
        demandGeneralName(tree.next(), 'constraint');
        for (const bound of [0x80, 0x81]) {
          const element = tree.optional(bound);
          if (element) smallInteger(element);
        }
        tree.end();
      });
  }
  fields.end();
}

function distributionPoint(fields: Asn1Reader): void {
  const name = fields.optional(0xa0);
  if (name) {
    const choice = fields.inside(name);
    const element = choice.next();
    choice.end();
    if (element.tag === 0xa0) generalNames(choice.inside(element));
    else if (element.tag === 0xa1) relativeName(choice.inside(element));
    else demand(false, 'EXTENSION', 'a distribution point has a name of an unknown kind');
  }
  const reasons = fields.optional(0x81);
  if (reasons) bitString(reasons);
  const issuer = fields.optional(0xa2);
  if (issuer) generalNames(fields.inside(issuer));
  demand(name !== undefined || issuer !== undefined, 'EXTENSION', 'a distribution point has no name');
  fields.end();
}

/** Attributes that are to be put behind the name of the issuer. */
function relativeName(attributes: Asn1Reader): void {
  demand(attributes.nextTag !== undefined, 'EXTENSION', 'a relative name is empty');
  listOf(attributes, (fields) => {
    fields.oid();
    fields.next();
    fields.end();
  });
}

function policy(fields: Asn1Reader): void {
  fields.oid();
  if (fields.done) return;
  const qualifiers = fields.enter(0x30);
  fields.end();
  demand(!qualifiers.done, 'EXTENSION', 'a policy has an empty list of qualifiers');
  listOf(qualifiers, (qualifier) => {
    qualifier.oid();
    qualifier.next();
    qualifier.end();
  });
}

function policyMapping(fields: Asn1Reader): void {
  fields.oid();
  fields.oid();
  fields.end();
}

function authorityKeyIdentifier(reader: Asn1Reader): void {
  const fields = reader.enter(0x30);
  fields.optional(0x80);
  const names = fields.optional(0xa1);
  if (names) generalNames(fields.inside(names));
  const serial = fields.optional(0x82);
  if (serial) integer(serial);
  fields.end();
}

function policyConstraints(reader: Asn1Reader): void {
  const fields = reader.enter(0x30);
  for (const tag of [0x80, 0x81]) {
    const element = fields.optional(tag);
    if (element) smallInteger(element);
  }
  fields.end();
}

function accessDescription(fields: Asn1Reader): void {
  fields.oid();
  demandGeneralName(fields.next(), 'name');
  fields.end();
}

function listOf(reader: Asn1Reader, read: (fields: Asn1Reader) => void): void {
  while (!reader.done) read(reader.enter(0x30));
}

/** A non-negative INTEGER that Java's int holds. */
function smallInteger(element: Asn1Element): number {
  const content = integer(element);
  demand(content.length <= 4 && (content[0] ?? 0) < 0x80, 'EXTENSION', 'a number is out of range');
  return content.readUIntBE(0, content.length);
}
