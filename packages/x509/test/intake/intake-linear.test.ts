import { describe, expect, it } from '@jest/globals';
import { readCertificateItems } from '../../src/index.js';

const KB = 1_024;
const filled = (unit: string, size: number) => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
const block = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
const digits = 'A'.repeat(24);

/** Input of a given size that is made to be slow: what stands around lines, starts of DER and of text, escapes. */
const SHAPES: Readonly<Record<string, (size: number) => string>> = {
  'numbers and blanks before a line': (size) => block(`${filled('1 ', size / 2)}!${digits}\n${filled('1', size / 2)}`),
  'numbers before each line': (size) => block(`1 1 1 1 1 1 !${digits}\n${filled(`${'1'.repeat(300)}\n`, size)}`),
  'blanks around each line': (size) => block(filled(`${' '.repeat(200)}!${digits}${' '.repeat(200)}\n`, size)),
  'blanks behind one line': (size) => block(`! ${digits}${filled(' ', size)}`),
  'numbers around each line': (size) => block(filled(`${'1'.repeat(120)}! ${digits} !${'1'.repeat(120)}\n`, size)),
  'fields of RFC 1421': (size) => block(filled('A:\n b\n', size)),
  'END lines': (size) => `-----BEGIN CERTIFICATE-----\n${filled('-END A A A A A', size)}`,
  'BEGIN lines': (size) => filled('-BEGIN A A A A ', size),
  'starts of long DER': (size) => filled('"MIT///8', size),
  'starts of long DER in lines': (size) => filled('\nMIIPPPPPAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', size),
  'starts of certificates': (size) => filled('MIIP+jCCDuKgAwIBAgIUAkNO6wPpJO79uW4n ', size),
  'starts of certificates in literals': (size) => filled('"MIIP+jCCDuKgAwIBAgIUAkNO6wPpJO79uW4n" +\n', size),
  'starts of text': (size) => filled(`LS0tLS1${'A'.repeat(60)}\n`, size),
  'starts of text in lines': (size) =>
    filled(`${Buffer.from('-----BEGIN CERTIFICATE-----\n!!!!').toString('base64')}\n`, size),
  'starts of keystores': (size) => filled(`\n/u3+7Q${'A'.repeat(40)}`, size),
  'joints of literals': (size) => `"MIIP+jCCDuKgAwIBAgIUAkNO6wPpJO79uW4n${filled(`"${' '.repeat(120)}x`, size)}`,
  'names of values': (size) => filled('x5c": "', size),
  'lists of bytes': (size) => filled('0x30, 0x82, ', size),
  dumps: (size) => filled('00000000: 3082 ', size),
  backslashes: (size) => filled('\\', size),
  'escapes in escapes': (size) => `%20${filled('%25', size)}`,
  tags: (size) => filled('<a ', size),
  'soft line breaks': (size) => `BEGIN${filled('A=\n', size)}`,
  'orders to a terminal': (size) => filled('\u001b[', size),
  'members of a JWK': (size) => filled('kty   ', size),
};

/** Processor time in milliseconds, the least of several times. */
function costOf(input: string, times: number): number {
  let least = Infinity;
  for (let time = 0; time < times; time++) {
    const before = process.cpuUsage();
    try {
      readCertificateItems(input);
    } catch (error) {
      expect(error).toMatchObject({ retryable: false });
    }
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

describe('reading takes time in proportion to the input, however it is made', () => {
  it.each(Object.entries(SHAPES))('%s', (_name, shape) => {
    const small = costOf(shape(16 * KB), 3);
    const large = costOf(shape(16 * 16 * KB), 2);
    // Sixteen times the input; what grows with its square would take 256 times as long. A clock has no thousandths.
    expect(large / Math.max(small, 2)).toBeLessThan(64);
  });
});
