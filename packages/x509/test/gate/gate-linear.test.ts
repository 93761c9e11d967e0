import { describe, expect, it } from '@jest/globals';
import { encodeElement } from '@trustcast/keystore/test/asn1.js';
import { assertJavaSafe } from '../../src/index.js';
import { extension, oddCertificate, sequence } from './odd-certificate.js';

/** URIs that are long, and malformed at their end. */
const URIS: Readonly<Record<string, (length: number) => string>> = {
  'question marks': (length) => `a:b${'?'.repeat(length)} `,
  'number signs': (length) => `a:b${'#'.repeat(length)} `,
  users: (length) => `a://${'a@'.repeat(length / 2)} `,
  labels: (length) => `a://${'a.'.repeat(length / 2)} `,
  hyphens: (length) => `a://${'a-'.repeat(length / 2)} `,
  underscores: (length) => `a://${'_'.repeat(length)} `,
  ports: (length) => `a://a${':1'.repeat(length / 2)} `,
  escapes: (length) => `a:b${'%20'.repeat(length / 3)} `,
  brackets: (length) => `a://[${'1:'.repeat(length / 2)} `,
};

function costOf(uri: string): number {
  const names = extension('2.5.29.17', sequence(encodeElement(0x86, Buffer.from(uri))), true);
  const der = oddCertificate({ extensions: [names] });
  let least = Infinity;
  for (let time = 0; time < 3; time++) {
    const before = process.cpuUsage();
    expect(() => assertJavaSafe(der)).toThrow('a URI is malformed');
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
  }
  return least;
}

describe('the gate takes time in proportion to a critical name that is malformed, with', () => {
  it.each(Object.entries(URIS))('%s', (_name, uri) => {
    const small = costOf(uri(3_000));
    // Sixteen times as long; what grows with its square would take 256 times as long. A clock has no thousandths.
    expect(costOf(uri(48_000)) / Math.max(small, 1)).toBeLessThan(64);
  });
});
