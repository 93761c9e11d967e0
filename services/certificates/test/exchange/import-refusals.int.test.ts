import { describe, expect, test } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { exportDocument } from '../../src/features/exchange/rules/export-document.js';
import { deleteAll, documentOf, exported, importFile, oneIn } from '../support/exchange-files.js';
import { PRIVATE_KEY_PEM, makeCertificates } from '../support/make-certificate.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(2);

describe('an import refuses', () => {
  const valid = () => {
    const content = { environments: [], certificates: [oneIn('apimanager', 'archived', made[0]!)] };
    return {
      'trustcast-export.json': strToU8(JSON.stringify(exportDocument(content, new Date(), null))),
      [`certificates/${made[0]!.fingerprint}.pem`]: strToU8(made[0]!.pem),
    };
  };

  test('no archive that nobody touched', async () => {
    await deleteAll(harness, service);
    expect((await importFile(service, zipSync(valid()), { dryRun: true })).counts.added).toBe(1);
  });

  const pemOf = (files: Record<string, Uint8Array>) => Object.keys(files).find((name) => name.endsWith('.pem'))!;
  test.each<[string, (files: Record<string, Uint8Array>) => Uint8Array | string, string, string]>([
    [
      'a document that was changed',
      () => documentOf([oneIn('apimanager', 'a', made[0]!)], made).replace('"a"', '"b"'),
      'INVALID_INPUT',
      'the file was changed',
    ],
    [
      'a certificate that was exchanged',
      (files) => zipSync({ ...files, [pemOf(files)]: strToU8(made[1]!.pem) }),
      'MALFORMED_CERTIFICATE',
      'the file was changed',
    ],
    [
      'a private key in place of a certificate',
      (files) => zipSync({ ...files, [pemOf(files)]: strToU8(PRIVATE_KEY_PEM) }),
      'PRIVATE_KEY_NOT_ALLOWED',
      '',
    ],
    [
      'a path that leads out',
      (files) => zipSync({ ...files, '../../etc/passwd': strToU8('x') }),
      'INVALID_INPUT',
      'does not belong',
    ],
    [
      'a file that explodes',
      (files) => zipSync({ ...files, [pemOf(files)]: new Uint8Array(90_000_000) }),
      'LIMIT_EXCEEDED',
      'unpacked',
    ],
    [
      'a certificate that is missing',
      (files) => zipSync({ 'trustcast-export.json': files['trustcast-export.json']! }),
      'INVALID_INPUT',
      'certificates/',
    ],
    [
      'a certificate that nobody names',
      (files) => zipSync({ ...files, [`certificates/${'0'.repeat(64)}.pem`]: strToU8('x') }),
      'INVALID_INPUT',
      'not name',
    ],
    ['an archive that was cut off', (files) => zipSync(files).subarray(0, 200), 'INVALID_INPUT', 'cannot be unpacked'],
    ['an archive without a document', (files) => zipSync({ [pemOf(files)]: strToU8('x') }), 'INVALID_INPUT', 'archive'],
    ['another format', () => '{"format":"trustcast-export/3"}', 'INVALID_INPUT', 'trustcast-export/2'],
    ['what is no export', () => 'AAAA', 'INVALID_INPUT', 'JSON'],
  ])('%s', async (_what, change, code, message) => {
    await deleteAll(harness, service);
    const before = (await exported(service, 'json')).toString().replace(/"exportedAt": "[^"]+"/, '');
    const { userErrors, counts } = await importFile(service, change(valid()));
    expect(userErrors).toMatchObject([{ code, message: expect.stringContaining(message) }]);
    expect(counts.added).toBe(0);
    expect((await exported(service, 'json')).toString().replace(/"exportedAt": "[^"]+"/, '')).toBe(before);
  });
});
