import { expect, test } from '@jest/globals';
import type { Refusal } from './refusal.js';
import { accepted, all, allOf, at, optional, rejected } from './result.js';

const refusal = (...field: string[]): Refusal => ({ code: 'INVALID_INPUT', message: 'wrong', field });
const [one, two] = [rejected(refusal('one')), rejected(refusal('two'), refusal('three'))];

test('several results have all their values under their names', () => {
  expect(all({ a: accepted(1), b: accepted(null) })).toEqual(accepted({ a: 1, b: null }));
  expect(allOf([accepted(1), accepted(2)])).toEqual(accepted([1, 2]));
});

test('several results have the refusals of all in their order, and no value', () => {
  const refusals = [refusal('one'), refusal('two'), refusal('three')];
  expect(all({ a: one, b: accepted(1), c: two })).toEqual({ ok: false, refusals });
  expect(allOf([one, accepted(1), two])).toEqual({ ok: false, refusals });
});

test('refusals of a part of the input begin with the path of the part', () => {
  expect(at(['updates', '3'], one)).toEqual(rejected(refusal('updates', '3', 'one')));
  expect(at(['updates'], rejected({ ...refusal(), field: null }))).toEqual(rejected(refusal('updates')));
  expect(at(['updates'], accepted(1))).toEqual(accepted(1));
});

test('an input that is absent is null, and is not read', () => {
  const read = () => {
    throw new Error('read');
  };
  for (const absent of [null, undefined]) expect(optional(absent, read)).toEqual(accepted(null));
  expect(optional('', (text) => accepted(text.length))).toEqual(accepted(0));
});
