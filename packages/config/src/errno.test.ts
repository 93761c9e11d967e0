import { expect, test } from '@jest/globals';
import { errnoOf, isErrno } from './errno.js';

test.each([
  [{ code: 'ENOSPC', errno: -28 }, 'ENOSPC'],
  // As Node says it of a quota that is used up.
  [{ code: 'Unknown system error -122', errno: -122 }, 'EDQUOT'],
  [{ code: 'Unknown system error -4000', errno: -4_000 }, 'Unknown system error -4000'],
  [{ code: 'STATE_DAMAGED' }, 'STATE_DAMAGED'],
  [{}, 'Error'],
])('of %j names %s', (properties, name) => {
  expect(errnoOf(Object.assign(new Error('failed'), properties))).toBe(name);
});

test('an error of the system is one of those that are named, or is not', () => {
  const error = Object.assign(new Error('failed'), { code: 'Unknown system error -122', errno: -122 });
  expect(isErrno(error, 'ENOSPC', 'EDQUOT')).toBe(true);
  expect(isErrno(error, 'ENOSPC')).toBe(false);
  for (const other of [undefined, null, 'ENOSPC', new Error('ENOSPC')]) expect(isErrno(other, 'ENOSPC')).toBe(false);
});
