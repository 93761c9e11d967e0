import { webcrypto } from 'node:crypto';
import { createServer } from 'node:https';

/**
 * @typedef {object} Partner
 * @property {string} url
 * @property {string} pem its self-signed certificate
 * @property {() => Promise<void>} stop
 */

/**
 * Starts an HTTPS server on the loopback interface for `localhost`.
 * @param {object} [options]
 * @param {number} [options.port] to try first; another one is taken when it is in use
 * @param {{ key: string, pem: string }} [options.identity] default: a new self-signed certificate
 * @returns {Promise<Partner>}
 */
export async function startPartner({ port = 0, identity } = {}) {
  const { key, pem } = identity ?? (await selfSigned());
  const server = createServer({ key, cert: pem }, (_request, response) => response.end('ok\n'));
  server.on('tlsClientError', () => undefined);
  const listen = (/** @type {number} */ wanted) =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, '127.0.0.1', () => resolve(undefined));
    });
  await listen(port).catch(() => listen(0));
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `https://localhost:${address.port}`,
    pem,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function selfSigned() {
  // Not at the top: the start script imports this file before anything is installed.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const day = 86_400_000;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '1'),
    name: 'CN=localhost, O=Partner',
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 365 * day),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    pem: `${certificate.toString('pem')}\n`,
  };
}
