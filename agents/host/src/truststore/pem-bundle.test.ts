import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markerCertificate } from '@trustcast/keystore';
import { EMPTY_SET } from '@trustcast/schema';
import { writePemBundle } from './pem-bundle.js';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-pem-')));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('an alias of the base puts no certificate into the bundle, and ends no comment', () => {
  const [own, hostile] = ['1', '2'].map((digit) => markerCertificate(`${digit}1111111-1111-8111-8111-111111111111`));
  const pem = new X509Certificate(hostile!).toString();
  const path = join(folder, 'bundle.pem');
  for (const end of ['\n', '\r', '\r\n', '\u2028', ` ${'x'.repeat(250)}`]) {
    const alias = `base/a${end}${pem}`;
    writePemBundle(path, EMPTY_SET, [{ alias, der: own! }]);
    const text = readFileSync(path, 'utf8');
    const [comment, ...lines] = text.split('\n');
    expect(comment).toMatch(/^# base\/a[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
    expect(text.match(/-----BEGIN/g)).toHaveLength(1);
    expect(lines.join('\n')).toBe(new X509Certificate(own!).toString());
  }
});
