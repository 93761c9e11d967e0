import { encodeElement, encodeInteger, encodeOid } from '@trustcast/keystore/test/asn1.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { HARMLESS } from '../gate/harmless.js';
import { extension, oddCertificate, publicKey, sequence } from '../gate/odd-certificate.js';
import { POISON } from '../gate/poison.js';

const names = (...each: readonly Buffer[]) => sequence(...each);
const dns = (text: string) => encodeElement(0x82, Buffer.from(text));
const uri = (text: string) => encodeElement(0x86, Buffer.from(text));
const ip = (...bytes: number[]) => encodeElement(0x87, Buffer.from(bytes));

/** Every extension that Java reads, critical or not. */
const extensions = (critical: boolean) => [
  extension('2.5.29.14', encodeElement(4, Buffer.alloc(20, 3)), critical),
  extension(
    '2.5.29.35',
    sequence(encodeElement(0x80, Buffer.alloc(20, 3)), encodeElement(0x82, Buffer.of(5))),
    critical,
  ),
  extension('2.5.29.15', Buffer.of(3, 2, 1, 6), critical),
  extension('2.5.29.19', sequence(Buffer.of(1, 1, 0xff), encodeInteger(2)), critical),
  extension(
    '2.5.29.17',
    names(dns('a.example'), ip(10, 0, 0, 1), encodeElement(0x81, Buffer.from('a@b.example'))),
    critical,
  ),
  extension('2.5.29.18', names(uri('https://a.example/x')), critical),
  extension(
    '2.5.29.30',
    sequence(encodeElement(0xa0, sequence(dns('.example')), sequence(ip(10, 0, 0, 0, 255, 0, 0, 0)))),
    critical,
  ),
  extension(
    '2.5.29.31',
    sequence(sequence(encodeElement(0xa0, encodeElement(0xa0, uri('http://a.example/c.crl'))))),
    critical,
  ),
  extension('2.5.29.32', sequence(sequence(encodeOid('2.5.29.32.0'))), critical),
  extension('2.5.29.33', sequence(sequence(encodeOid('1.2.3'), encodeOid('1.2.4'))), critical),
  extension('2.5.29.36', sequence(encodeElement(0x80, Buffer.of(0)), encodeElement(0x81, Buffer.of(1))), critical),
  extension('2.5.29.37', sequence(encodeOid('1.3.6.1.5.5.7.3.1')), critical),
  extension('2.5.29.54', encodeInteger(3), critical),
  extension(
    '1.3.6.1.5.5.7.1.1',
    sequence(sequence(encodeOid('1.3.6.1.5.5.7.48.1'), uri('http://ocsp.example'))),
    critical,
  ),
  extension('2.16.840.1.113730.1.1', Buffer.of(3, 2, 0, 7), critical),
  extension('1.2.3.4', Buffer.from('unknown'), critical),
];

/** What mutants descend from: real roots, odd certificates, poison, and extensions of every kind. */
export function fuzzSeeds(): Buffer[] {
  const critical = extensions(true);
  return [
    ...machineRoots().map(({ der }) => Buffer.from(der)),
    ...HARMLESS.map(({ der }) => der).filter(({ length }) => length < 4_096),
    ...POISON.map(({ der }) => der).filter(({ length }) => length < 4_096),
    ...[true, false].map((each) => oddCertificate({ extensions: extensions(each), publicKey: publicKey('rsa-1024') })),
    ...critical.map((each) => oddCertificate({ extensions: [each] })),
    ...critical.map((each) => oddCertificate({ extensions: [each], publicKey: publicKey('ed25519') })),
    oddCertificate({
      subject: sequence(),
      extensions: [extension('2.5.29.17', names(dns('a.example'), uri('spiffe://a.example/b'), ip(1, 2, 3, 4)), true)],
    }),
  ];
}
