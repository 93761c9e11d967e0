import { describe, expect, test } from '@jest/globals';
import { foldAlias, parseAlias } from './alias.js';
import { parseEnvironmentName } from './environment-name.js';
import { MalformedError } from '../errors.js';

describe('parseAlias', () => {
  test.each(['partner-ca', 'İstanbul', 'Partner CA 2', 'ürün', '証明書', 'x'.repeat(255)])('accepts %j', (alias) => {
    expect(parseAlias(alias)).toBe(alias.normalize('NFC'));
  });

  test('returns NFC', () => {
    expect(parseAlias('u\u0308')).toBe('\u00fc');
  });

  test.each([
    ['', 'empty'],
    ['x'.repeat(256), '255'],
    [' a', 'white space'],
    ['a\u00a0', 'white space'],
    ['a\nb', 'control'],
    ['a\u200bb', 'control or format'],
    ['a\u202eb', 'control or format'],
    ['😀', 'Multilingual'],
    ['a\ud800', 'control or format'],
    ['base/x', 'start with'],
    ['BASE/x', 'start with'],
    ['trustcast/marker', 'start with'],
    ['Trustcast/Marker', 'start with'],
  ])('refuses %j by the rule about %s', (alias, rule) => {
    expect(() => parseAlias(alias)).toThrow(rule);
  });

  test('names the field and never the value', () => {
    expect(() => parseAlias('secret\nvalue', 'definitions[2].alias')).toThrow(
      new MalformedError('definitions[2].alias', 'must not contain control or format characters'),
    );
  });

  test.each([[undefined], [null], [1], [{}]])('refuses %p, which is no string', (value) => {
    expect(() => parseAlias(value)).toThrow(MalformedError);
  });
});

describe('foldAlias', () => {
  test('two spellings of one alias are one entry', () => {
    expect(foldAlias('Partner-CA')).toBe(foldAlias('partner-ca'));
    expect(foldAlias('ÜRÜN')).toBe(foldAlias('ürün'));
  });

  test('dotless and dotted i are different entries, whatever the locale', () => {
    expect(foldAlias('I')).toBe('i');
    expect(foldAlias('ı')).toBe('ı');
    expect(foldAlias('İ')).not.toBe('i');
  });
});

test.each(['apimanager', 'a', '0-9', 'x'.repeat(63)])('an environment may be named %j', (name) => {
  expect(parseEnvironmentName(name)).toBe(name);
});

test.each(['', 'A', 'a_b', 'a.b', '*', 'x'.repeat(64), 'a\n', undefined])(
  'an environment may not be named %j',
  (name) => {
    expect(() => parseEnvironmentName(name)).toThrow(MalformedError);
  },
);
