import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { UploadBuffer, base64Of, forgetUpload, keepUpload, uploadOf, withFiles } from './uploads.js';

function uploaded(file: Buffer, sizes: readonly number[]) {
  const buffer = new UploadBuffer(file.length + 10);
  let at = 0;
  for (const size of [...sizes, file.length]) {
    buffer.add(file.subarray(at, at + size));
    at = Math.min(file.length, at + size);
  }
  return buffer.end();
}

test('a file is whole however it came in pieces, and is known by its base64', () => {
  for (const length of [0, 1, 2, 3, 100_000, 100_001]) {
    const file = randomBytes(length);
    for (const sizes of [[], [1, 1, 1, 5], [4_096, 7, 65_536]]) {
      const upload = uploaded(file, sizes);
      expect(base64Of(upload)).toBe(file.toString('base64'));
      expect(upload.base64Sha256).toBe(createHash('sha256').update(file.toString('base64')).digest('hex'));
    }
  }
});

test('a reference stands for its file until it is forgotten, and other text for itself', () => {
  const upload = uploaded(Buffer.from('file'), []);
  const reference = keepUpload(upload);
  expect(uploadOf(reference)).toBe(upload);
  const input = { name: 'a', definitions: [{ content: reference, environments: ['e'], fingerprint: null }] };
  expect(withFiles(input)).toEqual({
    name: 'a',
    definitions: [{ content: Buffer.from('file').toString('base64'), environments: ['e'], fingerprint: null }],
  });
  forgetUpload(reference);
  expect(uploadOf(reference)).toBeUndefined();
  expect(withFiles(input)).toEqual(input);
});
