import { describe, expect, it } from '@jest/globals';
import { readCertificates } from '../index.js';

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('input made to be slow', () => {
  const repeated = (unit: string) => unit.repeat(Math.ceil(2 ** 19 / unit.length));
  it.each([
    '-',
    '-----BEGIN ',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN A-----\n-----END B-----\n',
    'BEGIN ',
    'BEGIN A_',
    '<RSAKeyValue>',
    '"kty": ',
    '"',
    `"${' '.repeat(10_000)}x`,
    '\\n',
    '> ',
    '0a ',
    'MIIB',
    'LS0tLS1CRUdJTiBB',
    'KEY0x.crtAPKCS7*AA',
    'A'.repeat(64) + '\n',
    'PRIVATE ',
    '\u2028',
    '0x30, ',
    '30,82,',
    '48,130,',
    '"0\\x82',
    '00000000: 3082 ',
    'MIIB"+"',
    '\n-----BEGIN CERTIFICATE-----\nMIIB"',
    'eyJ',
    'a_',
  ])('of %j takes little CPU time', (unit) => {
    // An upload passes through all that pasted text does.
    for (const input of [
      Buffer.from(repeated(unit)),
      `-----BEGIN CERTIFICATE-----${repeated(unit)}-----END CERTIFICATE-----`,
    ]) {
      // Time of the processor: a machine that is busy with something else does not make the input slow.
      const before = process.cpuUsage();
      expect(() => readCertificates(input)).toThrow(expect.objectContaining({ retryable: false }));
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1_000).toBeLessThan(1_500);
    }
  });

  it('of 32 MB is answered or refused', () => {
    const lines = `${'A'.repeat(64)}\n`.repeat(2 ** 18);
    expect(() => readCertificates(lines)).toThrow(code('MALFORMED_CERTIFICATE'));
    expect(() => readCertificates('A'.repeat(2 ** 24))).toThrow(code('MALFORMED_CERTIFICATE'));
    expect(() => readCertificates(Buffer.alloc(2 ** 25 + 1))).toThrow(code('INPUT_TOO_LARGE'));
  });
});
