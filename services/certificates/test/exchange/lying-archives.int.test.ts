import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { unzip } from '../../src/features/exchange/unzip.js';
import { crcOf, makeZip } from '../support/make-zip.js';
import { residentBytes } from '../support/resident-bytes.js';
import { useService } from '../support/use-harness.js';

const service = useService();
const limits = { files: 3, bytes: 1_000_000, allows: () => true };
const file = (content: Buffer, claimed = content.length, name = 'trustcast-export.json') => ({
  name,
  packed: deflateRawSync(content),
  crc: crcOf(content),
  claimed,
});
const zeros = Buffer.alloc(300_000_000);
const bomb = file(zeros, 1_000);

describe('an archive', () => {
  test('is unpacked as it says', async () => {
    const [one, two] = [Buffer.from('one'), Buffer.alloc(0)];
    const files = await unzip(makeZip([file(one, 3, 'a'), file(two, 0, 'b')]), limits);
    expect([...files]).toEqual([
      ['a', one],
      ['b', two],
    ]);
  });

  test.each([
    ['more than it says', [bomb]],
    ['less than it says', [file(Buffer.from('abc'), 4)]],
    ['something else than it says', [{ ...file(Buffer.from('abc')), crc: 1 }]],
    ['more than nothing', [file(Buffer.from('abc'), 0)]],
    ['no deflated data', [{ ...file(Buffer.from('abc')), packed: Buffer.from([0xff, 0xff, 0xff]) }]],
    ['two files of one name', [file(Buffer.from('abc')), file(Buffer.from('abc'))]],
  ])('that holds %s is refused', async (_what, files) => {
    await expect(unzip(makeZip(files), limits)).rejects.toMatchObject({ code: 'MALFORMED' });
  });

  test.each([
    ['more than it may', [file(zeros.subarray(0, 150_000), 900_000, 'a'), file(zeros, 900_000, 'b')]],
    ['what nothing real compresses to', [file(zeros)]],
    ['more files than it may', [1, 2, 3, 4].map((n) => file(Buffer.from('abc'), 3, String(n)))],
  ])('that says it holds %s is refused before it is unpacked', async (_what, files) => {
    await expect(unzip(makeZip(files), limits)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('that is cut anywhere is refused', async () => {
    const whole = makeZip([file(Buffer.from('abc'))]);
    for (let length = 0; length < whole.length; length++)
      await expect(unzip(whole.subarray(0, length), limits)).rejects.toMatchObject({ code: 'MALFORMED' });
  });
});

test('an import of archives that lie holds nothing up and no memory', async () => {
  const content = makeZip([bomb]).toString('base64');
  const before = residentBytes(service.pid);
  const order: string[] = [];
  const imports = Array.from({ length: 6 }, async () => {
    const { importCertificates } = await service.query<{ importCertificates: { userErrors: object[] } }>(
      `mutation ($input: ImportCertificatesInput!) { importCertificates(input: $input) { userErrors { code message } } }`,
      { input: { content, dryRun: true } },
    );
    order.push('import');
    return importCertificates.userErrors;
  });
  const answers = await Promise.all(imports);
  expect(answers).toEqual(
    Array(6).fill([{ code: 'INVALID_INPUT', message: expect.stringContaining('cannot be unpacked') }]),
  );
  expect(residentBytes(service.pid) - before).toBeLessThan(150_000_000);
});
