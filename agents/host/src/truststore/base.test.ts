import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parseBase } from './base.js';

const store = (name: string) =>
  readFileSync(new URL(`../../../../../packages/keystore/test/fixtures/stores/${name}`, import.meta.url));

test.each(['BKS', 'UBER', 'BCFKS'])('a base in a %s keystore is refused with the command that exports it', (format) => {
  const read = () => parseBase(store(`bc-${format}-trust@changeit.ks`), '/base.ks', undefined);
  expect(read).toThrow(expect.objectContaining({ code: 'BASE_UNREADABLE' }));
  expect(read).toThrow(new RegExp(`^/base.ks is not .*keytool -importkeystore .*-srcstoretype ${format} `));
});

test('a base with 310,000 iterations a derivation opens under the usual password', () => {
  expect(parseBase(store('go-modern-310k-trust@changeit.p12'), '/base.p12', undefined)).toHaveLength(2);
});
