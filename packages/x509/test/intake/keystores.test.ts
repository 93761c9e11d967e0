import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readCertificates } from '../../src/index.js';

const FOLDER = fileURLToPath(new URL('../../../../keystore/test/fixtures/stores/', import.meta.url));
const names = readdirSync(FOLDER);
const forms: readonly [string, (file: Buffer) => string | Uint8Array][] = [
  ['uploaded', (file) => file],
  ['uploaded with a line end behind it', (file) => Buffer.concat([file, Buffer.from('\r\n')])],
  ['in base64', (file) => file.toString('base64')],
  ['in base64 of 76 columns', (file) => file.toString('base64').replace(/.{76}/g, '$&\r\n')],
  ['in the YAML of a Secret', (file) => `data:\n  store: ${file.toString('base64')}\n  other: aGVsbG8=\n`],
  ['in JSON', (file) => JSON.stringify({ store: file.toString('base64') })],
];

describe.each(forms)('a keystore %s', (_how, form) => {
  it.each(names.filter((name) => name.endsWith('.ks')))('%s is named with the way out', (name) => {
    const type = /^bc-(\w+)-/.exec(name)?.[1] ?? '';
    const read = () => readCertificates(form(readFileSync(`${FOLDER}${name}`)), { password: 'changeit' });
    expect(read).toThrow(expect.objectContaining({ code: 'FORMAT_UNSUPPORTED' }));
    expect(read).toThrow(new RegExp(`keytool -importkeystore .*-srcstoretype ${type} `));
  });

  it.each(names.filter((name) => name.includes('-mac-') || name.includes('-gcm-')))('%s is read', (name) => {
    const input = form(readFileSync(`${FOLDER}${name}`));
    expect(readCertificates(input, { password: 'changeit' }).length).toBeGreaterThan(0);
    expect(() => readCertificates(input, { password: 'other' })).toThrow(
      expect.objectContaining({ code: 'PASSWORD_WRONG' }),
    );
  });
});
