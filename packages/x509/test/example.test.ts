import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { pemOf } from '../src/index.js';
import { oddCertificate, publicKey } from './gate/odd-certificate.js';

const example = fileURLToPath(new URL('../../examples/inspect-certificates.mjs', import.meta.url));

describe('the example of the README', () => {
  it('is the file that runs', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const [, shown] = /```js\n([^]*?)```/.exec(readme) ?? [];
    expect(readFileSync(example, 'utf8').endsWith(shown ?? 'nothing is shown')).toBe(true);
  });

  it('says what a certificate is, and which one is refused', () => {
    const input = pemOf(oddCertificate()) + pemOf(oddCertificate({ publicKey: publicKey('ec-explicit') }));
    const { stdout, stderr } = spawnSync(process.execPath, [example], { input, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^CN=Odd CA: SHA-256 [0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^refused, PUBLIC_KEY: Java cannot load this certificate/m);
  });
});
