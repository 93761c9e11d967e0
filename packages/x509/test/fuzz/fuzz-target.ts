import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isJavaKeystore, writePkcs12 } from '@trustcast/keystore';
import { type FuzzTarget, fuzzCommand } from '@trustcast/keystore/test/fuzz-run.js';
import { machineRoots } from '@trustcast/keystore/test/machine-roots.js';
import { TrustcastError } from '@trustcast/schema/errors.js';
import {
  NotJavaSafeError,
  type ReadCertificatesOptions,
  assertJavaSafe,
  certificateFields,
  certificateWarnings,
  pemOf,
  pkcs7Of,
  readCertificateItems,
  suggestAlias,
} from '../../src/index.js';

const FIXTURES = new URL('../../../test/fixtures/', import.meta.url);
const ACCESS: readonly ReadCertificatesOptions[] = [
  {},
  { password: 'changeit' },
  { encoding: 'BASE64' },
  { encoding: 'BASE64PEM' },
];
/** The start of one: no more is needed. */
const KEY = '\n-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg';

/**
 * Gives whatever bytes to the intake, pasted and uploaded, and what is found to the gate.
 *
 * Only typed errors are thrown; text is read alike whether it is pasted or uploaded; behind any text a private key is refused;
 * of what the gate admits fields, warnings and an alias can be shown.
 */
export function fuzz(data: Buffer): string {
  const text = pastable(data);
  const outcomes = ACCESS.map((options) => {
    const uploaded = outcomeOf(data, options);
    if (text !== undefined && JSON.stringify(outcomeOf(text, options)) !== JSON.stringify(uploaded))
      throw new Error(`pasted it is read otherwise than uploaded: ${JSON.stringify(options)}`);
    if (text !== undefined && outcomeOf(text + KEY, options) !== 'PRIVATE_KEY_NOT_ALLOWED')
      throw new Error('a private key behind it is not refused');
    return typeof uploaded === 'string' ? uploaded : uploaded.map(gate).join(' ');
  });
  return outcomes[0]!.slice(0, 200);
}

/** DER of the certificates in an input that the gate admits. */
export function admitted(data: Buffer): Buffer[] {
  const found = outcomeOf(data, { password: 'changeit' });
  return typeof found === 'string'
    ? []
    : found.flatMap((item) => (item.startsWith('der ') && gate(item) === 'admitted' ? [derOf(item)] : []));
}

/** Items, each as words; or the code of what was thrown. */
function outcomeOf(input: Buffer | string, options: ReadCertificatesOptions): string | string[] {
  try {
    return readCertificateItems(input, options).map(({ der, error }) =>
      der ? `der ${Buffer.from(der).toString('base64')}` : error.message,
    );
  } catch (error) {
    if (!(error instanceof TrustcastError)) throw error;
    return error.code;
  }
}

function gate(item: string): string {
  if (!item.startsWith('der ')) return item.replace(/\d+/g, '#');
  const der = derOf(item);
  try {
    assertJavaSafe(der);
  } catch (error) {
    if (!(error instanceof NotJavaSafeError)) throw error;
    return error.rule;
  }
  const fields = certificateFields(der);
  certificateWarnings(fields, new Date(0));
  if (!/^[a-z0-9._-]{1,64}$/.test(suggestAlias(fields))) throw new Error('its alias is malformed');
  return 'admitted';
}

function derOf(item: string): Buffer {
  return Buffer.from(item.slice('der '.length), 'base64');
}

/** The text that bytes are, if they are UTF-8 that somebody could paste. */
function pastable(data: Buffer): string | undefined {
  // A clipboard has no binary file, and no zeros.
  if (data.includes(0) || isJavaKeystore(data) || data[0] === 0x30) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    return undefined;
  }
}

function corpus(): readonly Buffer[] {
  const files = (folder: string, pattern: RegExp) =>
    readdirSync(new URL(folder, FIXTURES))
      .filter((name) => pattern.test(name))
      .map((name) => readFileSync(new URL(`${folder}${name}`, FIXTURES)));
  const roots = machineRoots().slice(0, 2);
  return [
    ...files('paste/', /\.txt$/),
    ...files('certs/', /\.der$/),
    Buffer.from(roots.map(({ der }) => pemOf(der)).join('')),
    pkcs7Of(roots.map(({ der }) => der)),
    writePkcs12(roots),
    writePkcs12(roots, { password: 'changeit' }),
  ];
}

const text = (change: (text: string) => string) => (data: Buffer) => Buffer.from(change(data.toString('utf8')));

export const TARGET: FuzzTarget = {
  fuzz,
  corpus,
  dictionary: [
    '-----BEGIN CERTIFICATE-----',
    '-----END CERTIFICATE-----',
    '-----BEGIN PKCS7-----',
    'MIIB',
    '\\n',
    '\\u002B',
    '\n> ',
    '%0A',
    '%2B',
    '&#10;',
    '<br>',
    '=0A',
    '=\n',
    '\\\n',
    '":"',
    'data:;base64,',
    '{\\rtf1',
    '\xc2\xa0',
    '\xe2\x80\x8b',
    '\xff\xfe',
    '\xef\xbb\xbf',
    '\xa0',
    '30 82',
    '\x30\x82\x02\x01',
    '"kty":',
    'LS0tLS1CRUdJTiB',
  ],
  wraps: [
    (data) => Buffer.from(data.toString('base64')),
    (data) => Buffer.from(data.toString('hex')),
    (data) => Buffer.from(data.toString('utf8'), 'utf16le'),
    text((data) => JSON.stringify(data)),
    text((data) => encodeURIComponent(data.replace(/[\ud800-\udfff]/g, ''))),
    text((data) => data.replace(/^/gm, '# ')),
    text((data) => `<a>${data}</a>`),
    text((data) => pemOf(Buffer.from(data))),
  ],
  cpuMs: 10_000,
  heapMb: 512,
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) fuzzCommand(TARGET);
