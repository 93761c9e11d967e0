import { expect, test } from '@jest/globals';
import { decodeCursor, encodeCursor } from './certificate-list.js';

const ID = '22222222-2222-4222-8222-222222222222';
const BY_NAME = { by: 'NAME', descending: false } as const;
const BY_TIME = { by: 'CREATED_AT', descending: false } as const;

test('a cursor comes back as it was, for the order that it is of', () => {
  const cursor = { sortKey: 'Ä "x"', id: ID };
  expect(decodeCursor(BY_NAME, encodeCursor(BY_NAME, cursor))).toEqual(cursor);
  expect(decodeCursor(BY_TIME, encodeCursor(BY_NAME, cursor))).toBeUndefined();
  const time = { sortKey: '2026-11-23 22:00:00.123456+00', id: ID };
  expect(decodeCursor(BY_TIME, encodeCursor(BY_TIME, time))).toEqual(time);
});

test.each([
  ['not JSON', 'x'],
  ['not an array', { by: 'NAME' }],
  ['too short', ['NAME', 'x']],
  ['no id', ['NAME', 'x', 'y']],
  ['no text', ['NAME', 1, ID]],
  ['NUL', ['NAME', '\0', ID]],
  ['no time', ['CREATED_AT', 'yesterday', ID]],
])('%s is no cursor', (_what, value) => {
  const text = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  expect(decodeCursor(BY_NAME, text) ?? decodeCursor(BY_TIME, text)).toBeUndefined();
});
