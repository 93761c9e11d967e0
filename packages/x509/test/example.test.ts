import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
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

  it('says of input that holds no certificate, or a private key, why it is refused', () => {
    const run = (input: string) => {
      const { stdout, stderr, status } = spawnSync(process.execPath, [example], { input, encoding: 'utf8' });
      return [status, stderr, stdout];
    };
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(run(key)).toEqual([1, '', expect.stringMatching(/^refused, PRIVATE_KEY_NOT_ALLOWED: /)]);
    expect(run('hello')).toEqual([1, '', expect.stringMatching(/^refused, NO_CERTIFICATE: /)]);
    const broken = pemOf(oddCertificate()).replace(/\n(.{30})./, '\n$1!');
    expect(run(broken)).toEqual([1, '', expect.stringMatching(/^refused, MALFORMED_CERTIFICATE: PEM block 1 /)]);
  });
});
