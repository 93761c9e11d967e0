import { execFileSync } from 'node:child_process';

/** A PKCS#12 file of OpenSSL: its certificates are encrypted and have no names. */
export function encryptedKeystore(pem: string, password: string, iterations = 2_048): Buffer {
  const args = ['-iter', String(iterations), '-passout', `pass:${password}`];
  return execFileSync('openssl', ['pkcs12', '-export', '-nokeys', ...args], { input: pem });
}
