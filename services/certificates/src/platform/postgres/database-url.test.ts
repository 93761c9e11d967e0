import { describe, expect, test } from '@jest/globals';
import { isPlainDatabase, parseDatabaseUrl } from './database-url.js';

const URL_ = 'postgresql://user:password@db.example/trustcast';

describe('DATABASE_URL', () => {
  test.each([
    '',
    '?sslmode=disable',
    '?sslmode=verify-full',
    '?sslmode=verify-full&sslrootcert=/ca.pem',
    '?options=-c',
  ])('with %p is given to node-postgres as it is', (query) => {
    expect(parseDatabaseUrl(URL_ + query)).toEqual({ value: URL_ + query });
  });

  test.each(['?sslmode=require', '?x=1&sslmode=verify-ca&sslrootcert=/ca.pem'])(
    'with %p means what libpq means',
    (query) => {
      expect(parseDatabaseUrl(URL_ + query)).toEqual({ value: `${URL_}${query}&uselibpqcompat=true` });
      const own = `${URL_}${query}&uselibpqcompat=false`;
      expect(parseDatabaseUrl(own)).toEqual({ value: own });
    },
  );

  test.each([
    ['?sslmode=prefer', /sslmode that is not disable, require, verify-ca, verify-full/],
    ['?sslmode=allow', /sslmode that is not/],
    ['?sslmode=no-verify', /sslmode that is not/],
    ['?sslmode=Require', /sslmode that is not/],
    ['?sslmode=', /sslmode that is not/],
    ['?sslmode=verify-ca', /needs sslrootcert/],
    ['?sslMode=require', /once, in lower case/],
    ['?ssl_mode=require', /once, in lower case/],
    ['?sslmode=verify-full&sslmode=disable', /once/],
    ['#?sslmode=require', /no fragment/],
  ])('with %p is refused: it would be passed over', (query, problem) => {
    expect(parseDatabaseUrl(URL_ + query)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  });
});

test.each([
  [URL_, true],
  [`${URL_}?sslmode=disable`, true],
  [`${URL_}?ssl=false`, true],
  [`${URL_}?sslmode=require`, false],
  [`${URL_}?sslrootcert=/ca.pem`, false],
  [`${URL_}?ssl=true`, false],
  ['postgresql://user@127.0.0.1/db', false],
  ['postgresql://user@[::1]/db?sslmode=disable', false],
  ['postgresql://user@localhost/db', false],
  ['postgresql:///db?host=/run/postgresql', false],
  ['postgresql://127.0.0.1/db?host=db.example', true],
])('whether %p goes over a network without TLS: %p', (url, isPlain) => {
  expect(isPlainDatabase(url)).toBe(isPlain);
});
