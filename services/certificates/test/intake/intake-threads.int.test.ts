import { afterAll, describe, expect, test } from '@jest/globals';
import { startIntake } from '../../src/features/intake/intake.js';
import type { ReaderLimits } from '../../src/features/intake/reader-pool.js';
import { encryptedKeystore } from '../support/encrypted-keystore.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { valueOrRefusal } from '../support/value-or-refusal.js';

const { pem, der, fingerprint } = makeCertificate();
const file = (content: Uint8Array | string) => ({ source: 'FILE', content }) as const;
const small = file(der.toString('base64'));
// Some tenths of a second of key derivation.
const slow = file(encryptedKeystore(pem, 'right', 290_000));
const started: { close(): Promise<void> }[] = [];

function start(limits?: Partial<ReaderLimits>) {
  const intake = startIntake(limits);
  started.push(intake);
  return {
    admit: async (...given: Parameters<typeof intake.admit>) => valueOrRefusal(await intake.admit(...given)),
    find: async (...given: Parameters<typeof intake.find>) => valueOrRefusal(await intake.find(...given)),
  };
}

afterAll(() => Promise.all(started.map((intake) => intake.close())));

describe('what clients send is read in threads', () => {
  test('with the same results as everywhere', async () => {
    const intake = start();
    expect(await intake.find(small)).toMatchObject({ count: 1, certificates: [{ fingerprint }] });
    expect(await intake.admit({ ...slow, password: 'right' }, ['at'])).toMatchObject({ fingerprint });
    const refused = { code: 'PRIVATE_KEY_NOT_ALLOWED', field: ['at', 'content'] };
    expect(await intake.admit(file(Buffer.from(pem + PRIVATE_KEY_PEM)), ['at'])).toMatchObject(refused);
  });

  test('beside everything else', async () => {
    const intake = start({ threads: 1 });
    await intake.find(small);
    const order: string[] = [];
    const reading = intake.find({ ...slow, password: 'right' }).then(() => order.push('read'));
    await new Promise((resolve) => setImmediate(resolve));
    order.push('something else');
    await reading;
    expect(order).toEqual(['something else', 'read']);
  });

  test('when it is pasted in hundreds of pieces, each of them short, which leave turns to everything else', async () => {
    const intake = start();
    const piece = { source: 'CLIPBOARD', encoding: 'BASE64PEM', content: pem.padEnd(12_000, '\n') } as const;
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const read = await Promise.all(Array.from({ length: 400 }, (_, index) => intake.admit(piece, [String(index)])));
    done = true;
    expect(read.every((each) => 'fingerprint' in each && each.fingerprint === fingerprint)).toBe(true);
    expect(turns).toBeGreaterThan(20);
  });

  test('up to a number of characters that one request pastes', async () => {
    const intake = start();
    const piece = { source: 'CLIPBOARD', encoding: 'BASE64PEM', content: pem.padEnd(1_000_000, '\n') } as const;
    const read = await Promise.all(Array.from({ length: 20 }, (_, index) => intake.admit(piece, [String(index)])));
    expect(read.at(0)).toMatchObject({ fingerprint });
    expect(read.at(-1)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringMatching('at most 16777216 characters'),
      field: ['19', 'content'],
    });
    expect(await intake.admit(piece, ['next'])).toMatchObject({ fingerprint });
  });

  test('for so long and no longer', async () => {
    const intake = start({ timeoutMs: 1 });
    expect(await intake.find({ ...slow, password: 'right' })).toEqual({
      code: 'LIMIT_EXCEEDED',
      message: 'reading it takes more than 0.001 s',
      field: ['content'],
    });
  });

  test('with so much memory and no more, and the next is read all the same', async () => {
    const intake = start({ threads: 1, memoryMb: 24 });
    const huge = file(Buffer.from(pem.repeat(20_000)));
    expect(await intake.admit(huge, ['at'])).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'reading it takes more than 24 MB of memory',
      field: ['at', 'content'],
    });
    expect(await intake.find(small)).toMatchObject({ count: 1 });
  });

  test('when one request brings more files than may wait', async () => {
    const intake = start({ threads: 1, waiting: 1 });
    const read = await Promise.all(Array.from({ length: 40 }, (_, index) => intake.admit(small, [String(index)])));
    expect(read.filter((each) => !('fingerprint' in each))).toEqual([]);
  });

  test('one after the other, up to a number that wait', async () => {
    const intake = start({ threads: 1, waiting: 1 });
    const outcomes = await Promise.all([intake.find(small), intake.find(small), intake.find(small)]);
    expect(outcomes).toMatchObject([
      { count: 1 },
      { count: 1 },
      { code: 'LIMIT_EXCEEDED', message: expect.stringMatching('try again') },
    ]);
    expect(await intake.find(small)).toMatchObject({ count: 1 });
  });
});
