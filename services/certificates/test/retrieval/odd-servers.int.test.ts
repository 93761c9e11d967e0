import { execFileSync } from 'node:child_process';
import { X509Certificate, createDiffieHellmanGroup, generateKeyPairSync } from 'node:crypto';
import { type Server, createServer } from 'node:tls';
import { afterAll, describe, expect, test } from '@jest/globals';
import { retriever } from '../../src/features/retrieval/retriever.js';
import { TlsServers } from '../support/tls-servers.js';
import { valueOrRefusal } from '../support/value-or-refusal.js';

const servers = new TlsServers();
afterAll(() => servers.stop());

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
const keyFile = servers.file(key);
const retrieveResult = retriever({ closed: [], proxy: null, timeoutMs: 10_000 });
const retrieve = async (url: string) => valueOrRefusal(await retrieveResult(url));

function selfSigned(names = 1): { pem: string; fingerprint: string } {
  const sans = Array.from({ length: names }, (_, index) => `DNS:host-${index}.a-long-name.example`).join(',');
  const request = ['req', '-x509', '-new', '-key', keyFile, '-subj', '/CN=odd', '-addext', `subjectAltName=${sans}`];
  const pem = execFileSync('openssl', request, { encoding: 'utf8' });
  return { pem, fingerprint: new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase() };
}

describe('from a server of TLS 1.2 that exchanges keys by Diffie-Hellman alone', () => {
  const own = selfSigned();
  const presented = { certificates: [{ fingerprint: own.fingerprint }] };

  test('in a group of 1,024 bits, the chain is retrieved', async () => {
    const args = ['-tls1_2', '-cipher', 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0', '-dhparam', group1024()];
    const port = await servers.openssl([own.pem], { key, args });
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ ...presented, protocol: 'TLSv1.2' });
  });

  test('in one of 768 bits, which OpenSSL refuses, the chain is retrieved all the same', async () => {
    const port = await servers.smallGroup(own.pem, key);
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ ...presented, protocol: null });
  });
});

describe('a chain over 100 KB', () => {
  const large = Array.from({ length: 12 }, () => selfSigned(300));
  const chain = large.map(({ pem }) => pem).join('');
  const fingerprints = large.map(({ fingerprint }) => ({ fingerprint }));

  test('has what the tests below are about', () => {
    const bytes = large.reduce((sum, { pem }) => sum + new X509Certificate(pem).raw.length, 0);
    expect(bytes).toBeGreaterThan(110_000);
  });

  test('is retrieved up to TLS 1.2, although OpenSSL refuses it', async () => {
    const port = await servers.listen(tlsServer('TLSv1.2'));
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ certificates: fingerprints, protocol: null });
  });

  test('is a failure that says so where TLS 1.3 hides it', async () => {
    const port = await servers.listen(tlsServer('TLSv1.3'));
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({
      code: 'RETRIEVAL_FAILED',
      stage: 'TLS',
      message: expect.stringContaining('the chain has more than 100 KB'),
    });
  });

  function tlsServer(version: 'TLSv1.2' | 'TLSv1.3'): Server {
    const server = createServer({ cert: chain, key, minVersion: version, maxVersion: version });
    return server.on('tlsClientError', () => undefined);
  }
});

/** Oakley group 2 (RFC 2409, section 6.2) as PKCS#3 parameters: OpenSSL needs many seconds for a group of its own. */
function group1024(): string {
  const prime = createDiffieHellmanGroup('modp2').getPrime();
  // SEQUENCE { INTEGER prime, INTEGER 2 }
  const der = Buffer.concat([Buffer.from('30818702818100', 'hex'), prime, Buffer.from('020102', 'hex')]);
  return servers.file(`-----BEGIN DH PARAMETERS-----\n${der.toString('base64')}\n-----END DH PARAMETERS-----\n`);
}
