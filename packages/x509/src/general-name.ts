import { isIPv6 } from 'node:net';
import { type Asn1Element, Asn1Reader, decodeOid } from '@trustcast/keystore';
import { demand } from './demand.js';
import { textOf } from './intake/input-text.js';
import { formatName } from './format-name.js';
import { nameAttributes } from './distinguished-name.js';

/** A GeneralName (RFC 5280 section 4.2.1.6) in words. */
export interface GeneralNameText {
  readonly type: 'otherName' | 'email' | 'dns' | 'x400' | 'directory' | 'edi' | 'uri' | 'ip' | 'oid';
  readonly value: string;
}

/** A name of a certificate, and whether Java leaves it aside because it cannot read the extension that it stands in. */
export interface SubjectAlternativeName extends GeneralNameText {
  readonly ignoredByJava: boolean;
}

/** Characters of java.net.URI (RFC 2396). Bytes beyond ASCII are one replacement character each, which it takes like an escape. */
const ESCAPED = '%[0-9a-f]{2}|[\\x80-\\xff]';
const PATH = `(?:[\\w.!~*'();/:@&=+$,-]|${ESCAPED})*`;
const QUERY = `(?:[\\w.!~*'();/?:@&=+$,[\\]-]|${ESCAPED})*`;
/** What java.net.URI takes for a host, and sun.security.x509.URIName for a DNS name or an IPv4 address then. */
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const HOST = `(?:\\[[0-9a-f:.]{2,45}\\]|(?:${LABEL}\\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?|${OCTET}(?:\\.${OCTET}){3})`;
/** An authority that is no server's to java.net.URI, so that it has no host. */
const REGISTRY = '(?:[a-z0-9.-]*_[\\w.-]*(?::\\d{0,5})?|(?=/))';
const USER = `(?:(?:[\\w.!~*'();:&=+$,-]|${ESCAPED})+@)?`;
const URI_IN_JAVA = new RegExp(
  `^[a-z][a-z0-9+.-]*:(?:(?://(?:${USER}${HOST}(?::\\d{0,5})?|${REGISTRY})(?:/${PATH})?|/(?!/)${PATH})(?:\\?${QUERY})?|(?!/)(?:[\\w.!~*'();?:@&=+$,-]|${ESCAPED})${QUERY})(?:#${QUERY})?$`,
  'i',
);
const DOMAIN_IN_JAVA = /^\.?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z](?:[a-z0-9-]*[a-z0-9])?$/i;

/** Where a name stands: constraints hold address ranges and domains, where names hold addresses and URIs. */
export type GeneralNameUse = 'name' | 'constraint';

/** Throws unless Java takes this name. Stricter than Java where that costs nothing. */
export function demandGeneralName({ tag, content }: Asn1Element, use: GeneralNameUse): void {
  const text = content.toString('latin1');
  switch (tag) {
    case 0xa0: {
      const fields = new Asn1Reader(content, 'DER');
      const oid = fields.oid();
      fields.next(0xa0);
      fields.end();
      // Java would make the extension's class of it.
      demand(!oid.startsWith('2.5.29.'), 'EXTENSION', 'an other-name has the type of an extension');
      break;
    }
    case 0x81:
      demand(text !== '' && !/@$|(?:^|@)\.$/.test(text), 'EXTENSION', 'an e-mail address is malformed');
      break;
    case 0x82:
      break;
    case 0xa4:
      nameAttributes(directoryName(content));
      break;
    case 0x86:
      demand(use === 'name' ? isUriInJava(text) : DOMAIN_IN_JAVA.test(text), 'EXTENSION', 'a URI is malformed');
      break;
    case 0x87: {
      const lengths = use === 'name' ? [4, 16] : [8, 32];
      demand(lengths.includes(content.length), 'EXTENSION', 'an IP address is malformed');
      break;
    }
    case 0x88:
      decodeOid(content);
      break;
    default:
      demand(false, 'EXTENSION', 'a name is of an unknown kind');
  }
}

function isUriInJava(text: string): boolean {
  const [, authority = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text) ?? [];
  const [, address] = /\[([^\]]*)\]/.exec(authority) ?? [];
  if (address !== undefined) return isIPv6(address) && URI_IN_JAVA.test(text);
  // A host that is none is a name of some registry to Java, which looks no further.
  return URI_IN_JAVA.test(text) || (isNoHost(authority) && URI_IN_JAVA.test(text.replace(authority, 'a_b')));
}

/** Whether something looks like a host and cannot be one: a label has a hyphen at its end, or the last one begins with a digit. */
function isNoHost(authority: string): boolean {
  const host = authority.replace(/:\d{0,5}$/, '');
  if (!/^[a-z0-9.-]+$/i.test(host)) return false;
  const labels = host.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  const isNumber = labels.length > 1 && /^\d/.test(last) && labels.length !== 4;
  return isNumber || labels.some((label) => label === '' || label.startsWith('-') || label.endsWith('-'));
}

/** What a name says, for people. Never throws: names are shown as far as they can be read. */
export function describeGeneralName({ tag, content }: Asn1Element): GeneralNameText {
  // ASCII by the standard; programs put UTF-8 there all the same.
  const text = textOf(content);
  switch (tag) {
    case 0x81:
      return { type: 'email', value: text };
    case 0x82:
      return { type: 'dns', value: text };
    case 0x86:
      return { type: 'uri', value: text };
    case 0x87:
      return { type: 'ip', value: addressText(content) };
    case 0x88:
      return { type: 'oid', value: shown(() => decodeOid(content), content) };
    case 0xa4:
      return { type: 'directory', value: shown(() => formatName(directoryName(content)), content) };
    case 0xa3:
      return { type: 'x400', value: content.toString('hex') };
    case 0xa5:
      return { type: 'edi', value: content.toString('hex') };
    default:
      return { type: 'otherName', value: shown(() => otherNameText(content), content) };
  }
}

function directoryName(content: Buffer): Buffer {
  const reader = new Asn1Reader(content, 'DER');
  const { whole } = reader.next(0x30);
  reader.end();
  return whole;
}

function otherNameText(content: Buffer): string {
  const fields = new Asn1Reader(content, 'DER');
  const oid = fields.oid();
  const value = fields.enter(0xa0).next();
  const isText = value.tag === 0x0c || value.tag === 0x16;
  return `${oid}=${isText ? value.content.toString() : value.content.toString('hex')}`;
}

/** RFC 5952 for IPv6, as URL writes it; hex for what is no address. */
function addressText(content: Buffer): string {
  if (content.length === 4) return content.join('.');
  if (content.length !== 16) return content.toString('hex');
  const groups = content.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

function shown(read: () => string, content: Buffer): string {
  try {
    return read();
  } catch {
    return content.toString('hex');
  }
}
