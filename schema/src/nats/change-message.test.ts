import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChangeMessage, decodeChangeMessage, encodeChangeMessage } from './change-message.js';
import { LimitExceededError, MalformedError } from '../errors.js';

const message: ChangeMessage = {
  statement: 'a.b.c',
  from: { epoch: 1, revision: 2 },
  upserts: [{ alias: 'partner-ca', der: Uint8Array.of(0x30, 0x00) }],
  removals: ['old-ca'],
};
const raw = () => JSON.parse(encodeChangeMessage(message).toString()) as Record<string, unknown>;
const decode = (value: unknown) => decodeChangeMessage(Buffer.from(JSON.stringify(value)));

describe('a change message', () => {
  test('reads back what was written', () => {
    const decoded = decodeChangeMessage(encodeChangeMessage(message));
    expect(decoded.upserts.map(({ der }) => [...der])).toEqual([[0x30, 0x00]]);
    expect({ ...decoded, upserts: [] }).toEqual({ ...message, upserts: [] });
  });

  test('with from null carries a whole set', () => {
    expect(decode({ ...raw(), from: null }).from).toBeNull();
  });

  test('may have members of a later version', () => {
    expect(decode({ ...raw(), later: true }).statement).toBe('a.b.c');
  });

  test.each([
    ['statement', { statement: 1 }],
    ['from', { from: 'x' }],
    ['from', { from: undefined }],
    ['from.epoch', { from: { revision: 1 } }],
    ['from.revision', { from: { epoch: 1, revision: -1 } }],
    ['upserts', { upserts: {} }],
    ['upserts[0]', { upserts: [null] }],
    ['upserts[0].alias', { upserts: [{ der: 'MAA=' }] }],
    ['upserts[0].alias', { upserts: [{ alias: 'base/x', der: 'MAA=' }] }],
    ['upserts[0].alias', { upserts: [{ alias: 'u\u0308', der: 'MAA=' }] }],
    ['upserts[0].der', { upserts: [{ alias: 'a' }] }],
    ['upserts[0].der', { upserts: [{ alias: 'a', der: '' }] }],
    ['upserts[0].der', { upserts: [{ alias: 'a', der: 'MAA' }] }],
    ['upserts[0].der', { upserts: [{ alias: 'a', der: 'MAB=' }] }],
    ['upserts[0].der', { upserts: [{ alias: 'a', der: 'M A=' }] }],
    ['removals[1]', { removals: ['a', 1] }],
  ])('malformed at %s says so: %j', (field, change) => {
    expect(() => decode({ ...raw(), ...change })).toThrow(expect.objectContaining({ code: 'MALFORMED', field }));
  });

  test.each([
    ['a certificate over 64 KiB', { upserts: [{ alias: 'a', der: Buffer.alloc(65_537).toString('base64') }] }],
    ['a statement over 8 KiB', { statement: 'x'.repeat(8_193) }],
    ['more than 20,000 removals', { removals: Array.from({ length: 20_001 }, () => 'a') }],
  ])('with %s is over a limit', (_what, change) => {
    expect(() => decode({ ...raw(), ...change })).toThrow(LimitExceededError);
  });

  test('of any bytes is decoded or refused with a typed error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          try {
            decodeChangeMessage(bytes);
          } catch (error) {
            expect(error instanceof MalformedError || error instanceof LimitExceededError).toBe(true);
          }
        },
      ),
    );
  });

  test('with any one member replaced by any JSON value is decoded or refused with a typed error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(raw())), fc.jsonValue(), (member, value) => {
        try {
          decode({ ...raw(), [member]: value });
        } catch (error) {
          expect(error instanceof MalformedError || error instanceof LimitExceededError).toBe(true);
        }
      }),
    );
  });

  test('that is not UTF-8 is refused', () => {
    expect(() => decodeChangeMessage(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(MalformedError);
  });
});
