import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import {
  KeystoreError,
  type ReadKeystoreOptions,
  countPkcs12Entries,
  isJavaKeystore,
  readKeystore,
  writePkcs12,
} from '../src/index.js';
import { type FuzzTarget, fuzzCommand } from './fuzz-run.js';
import { machineRoots } from './machine-roots.js';

const FIXTURES = new URL('../../test/fixtures/stores/', import.meta.url);
const PASSWORD = 'changeit';
const ACCESS: readonly ReadKeystoreOptions[] = [
  {},
  { password: PASSWORD },
  { password: '', certificates: 'all' },
  { password: PASSWORD, certificates: 'all' },
];

/**
 * Opens whatever bytes as a keystore, with and without a password.
 *
 * Only typed errors are thrown, which never repeat the password; entries lie inside the file; the same bytes give the same
 * entries; trusted entries can be written, and come back as they were.
 */
export function fuzz(data: Buffer): string {
  isJavaKeystore(data);
  return ACCESS.map((options) => open(data, options)).join(', ');
}

function open(data: Buffer, options: ReadKeystoreOptions): string {
  const first = outcomeOf(data, options);
  if (typeof first === 'string') return first;
  const again = outcomeOf(Buffer.from(data), options);
  if (typeof again === 'string' || JSON.stringify(again) !== JSON.stringify(first))
    throw new Error('the same bytes were read otherwise');
  for (const { der } of first.entries)
    if (der.length > data.length) throw new Error('an entry is larger than its file');
  if (options.certificates !== 'all') writeAgain(first.entries);
  return `${first.format} of ${Math.min(first.entries.length, 3)}`;
}

function outcomeOf(data: Buffer, options: ReadKeystoreOptions) {
  try {
    return readKeystore(data, options);
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    if (options.password && error.message.includes(options.password))
      throw new Error('a message has the password', { cause: error });
    return `${error.code}: ${error.message.replace(/[\d.]+/g, '#')}`;
  }
}

function writeAgain(entries: readonly { alias: string; der: Uint8Array }[]): void {
  let file: Buffer;
  try {
    file = writePkcs12(entries);
  } catch (error) {
    // Two aliases of a damaged file may be one to Java.
    if (error instanceof KeystoreError && error.code.startsWith('KEYSTORE_ALIAS_')) return;
    throw error;
  }
  if (countPkcs12Entries(file) !== entries.length) throw new Error('entries were lost in writing');
  for (const [index, { alias, der }] of readKeystore(file).entries.entries()) {
    const before = entries[index];
    if (alias !== before?.alias || Buffer.compare(der, before.der) !== 0)
      throw new Error('an entry came back otherwise');
  }
}

/** Stores of other tools and of ours. Those whose keys take hundreds of thousands of iterations would leave time for nothing else. */
function corpus(): readonly Buffer[] {
  const entries = machineRoots().slice(0, 2);
  const quick = readdirSync(FIXTURES).filter((name) => !/^(?:certtool|nss|go)-/.test(name));
  return [
    ...quick.map((name) => readFileSync(new URL(name, FIXTURES))),
    writePkcs12(entries),
    writePkcs12(entries, { password: PASSWORD }),
    writePkcs12(entries, { password: PASSWORD, encrypt: true }),
    jks(entries, 0xfeedfeed),
    jks(entries, 0xcececece),
  ];
}

/** A JKS or JCEKS of trusted entries whose digest is not right: opened without a password. */
function jks(entries: readonly { alias: string; der: Uint8Array }[], magic: number): Buffer {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
  const u32 = (value: number) => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
  const text = (value: string) => Buffer.concat([u16(Buffer.byteLength(value)), Buffer.from(value)]);
  const one = ({ alias, der }: { alias: string; der: Uint8Array }) =>
    Buffer.concat([u32(2), text(alias), Buffer.alloc(8), text('X.509'), u32(der.length), der]);
  return Buffer.concat([u32(magic), u32(2), u32(entries.length), ...entries.map(one), Buffer.alloc(20)]);
}

export const TARGET: FuzzTarget = {
  fuzz,
  corpus,
  dictionary: [
    '\xfe\xed\xfe\xed',
    '\xce\xce\xce\xce',
    '\x30\x80',
    '\x00\x00',
    '\x24\x80',
    '\xa0\x84\xff\xff\xff\xff',
    '\x02\x03\x4c\x4b\x40',
    '\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03',
    '\xac\xed\x00\x05',
    '\x30\x84\x7f\xff\xff\xff',
  ],
  wraps: [],
  // A file may ask for 15 million hashes, four times read twice.
  cpuMs: 60_000,
  heapMb: 512,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) fuzzCommand(TARGET);
