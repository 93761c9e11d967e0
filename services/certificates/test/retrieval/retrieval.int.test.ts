import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { type Socket, connect, createServer } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import { dial } from '../../src/features/retrieval/dial.js';
import { presentedChain } from '../../src/features/retrieval/handshake.js';
import { retriever } from '../../src/features/retrieval/retriever.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { TlsServers } from '../support/tls-servers.js';
import { SETTINGS, failure, retrieve } from './retrieve.js';

const servers = new TlsServers();
afterAll(() => servers.stop());

const root = makeCertificate('Root');
const intermediate = makeCertificate('Intermediate', { issuer: 'Root' });
const leaf = makeCertificate('server.example', { issuer: 'Intermediate', ca: false });
const chain = [leaf, intermediate, root].map(({ pem }) => pem);
const fingerprints = [leaf, intermediate, root].map(({ fingerprint }) => fingerprint);

/** Arguments of a server that presents the root to those who ask for a name. */
const rootFor = (name: string) => [
  ...['-servername', name],
  ...['-cert2', servers.file(root.pem), '-key2', servers.file(PRIVATE_KEY_PEM)],
];

describe('a chain is retrieved', () => {
  test('whole and in the order in which it was presented, which may be odd', async () => {
    const port = await servers.openssl([leaf.pem, root.pem, intermediate.pem]);
    expect(await retrieve(`https://127.0.0.1:${port}/path`)).toMatchObject({
      fingerprints: [leaf.fingerprint, root.fingerprint, intermediate.fingerprint],
      rootSent: true,
      address: '127.0.0.1',
      protocol: 'TLSv1.3',
    });
  });

  test('without its root where the server sends none, with warnings of what is no root', async () => {
    const port = await servers.openssl([leaf.pem, intermediate.pem]);
    const { rootSent, certificates } = await retrieve(`https://127.0.0.1:${port}`);
    expect(rootSent).toBe(false);
    expect(certificates).toMatchObject([
      { suggestedAlias: 'server.example', admitted: { warnings: [{ code: 'LEAF_PIN' }] } },
      { suggestedAlias: 'intermediate', admitted: { warnings: [{ code: 'INTERMEDIATE' }] } },
    ]);
  });

  test('that has one self-signed certificate only', async () => {
    const port = await servers.openssl([root.pem]);
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({
      fingerprints: [root.fingerprint],
      rootSent: true,
    });
  });

  test.each([
    ['TLSv1', '-tls1'],
    ['TLSv1.1', '-tls1_1'],
    ['TLSv1.2', '-tls1_2'],
    ['TLSv1.3', '-tls1_3'],
  ])('from a server of %s alone', async (protocol, option) => {
    const port = await servers.openssl(chain, { args: [option] });
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ fingerprints, protocol });
  });

  test.each([
    ['TLSv1', '-tls1', null],
    ['TLSv1.2', '-tls1_2', null],
    ['TLSv1.3', '-tls1_3', 'TLSv1.3'],
  ])('from a server of %s that demands a certificate of its client', async (_version, option, protocol) => {
    const port = await servers.openssl(chain, { args: [option, '-Verify', '1', '-verify_return_error'] });
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ fingerprints, protocol });
  });

  test.each(['secp224r1', 'prime192v1', 'brainpoolP256r1', 'secp256k1'])(
    'from a server that exchanges keys on %s alone',
    async (curve) => {
      const args = ['-tls1_2', '-named_curve', curve];
      expect(await retrieve(`https://127.0.0.1:${await servers.openssl(chain, { args })}`)).toMatchObject({
        fingerprints,
      });
    },
  );

  test('from a server with an RSA key of 512 bits and SHA-1', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 512 });
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const request = ['req', '-x509', '-new', '-key', servers.file(key), '-subj', '/CN=old', '-sha1'];
    const pem = execFileSync('openssl', request, { encoding: 'utf8' });
    const port = await servers.openssl([pem], { key, args: ['-tls1'] });
    expect((await retrieve(`https://127.0.0.1:${port}`)).certificates).toMatchObject([
      { admitted: { fields: { keySize: 512, signatureAlgorithm: 'SHA1withRSA' } } },
    ]);
  });

  test('for the name in the URL, and for no name where that has an address', async () => {
    const port = await servers.openssl([leaf.pem], { args: rootFor('localhost') });
    expect(await retrieve(`https://localhost:${port}`)).toMatchObject({ fingerprints: [root.fingerprint] });
    expect(await retrieve(`https://127.0.0.1:${port}`)).toMatchObject({ fingerprints: [leaf.fingerprint] });
    expect(await retrieve(`https://0x7f.1:${port}`)).toMatchObject({ fingerprints: [leaf.fingerprint] });
  });

  test('for a name that ends with a dot, which TLS does not know', async () => {
    const socket = connect(await servers.openssl([leaf.pem], { args: rootFor('name.example') }), '127.0.0.1');
    const presented = await presentedChain(socket, 'name.example.', AbortSignal.timeout(10_000));
    expect(presented.chain).toEqual([root.der]);
  });

  test('over IPv6', async () => {
    const port = await servers.openssl(chain, { host: '[::1]' });
    expect(await retrieve(`https://[::1]:${port}`)).toMatchObject({ fingerprints, address: '::1' });
  });

  test('from the first address that answers', async () => {
    const port = await servers.openssl(chain);
    const options = { ...SETTINGS, signal: AbortSignal.timeout(10_000) };
    const { socket, address } = await dial(['127.0.0.2', '127.0.0.1'], port, options);
    socket.destroy();
    expect(address).toBe('127.0.0.1');
  });

  test('from slapd over LDAPS, and over LDAP with StartTLS', async () => {
    const { ldap, ldaps } = await servers.slapd(chain);
    expect(await retrieve(`ldaps://127.0.0.1:${ldaps}`)).toMatchObject({ fingerprints, rootSent: true });
    expect(await retrieve(`ldap://127.0.0.1:${ldap}`)).toMatchObject({ fingerprints, rootSent: true });
  });
});

describe('a failure tells its stage', () => {
  test('RESOLVE: the name has no address', async () => {
    expect(await failure(`https://${'a'.repeat(64)}.invalid`)).toMatchObject({ stage: 'RESOLVE' });
  });

  test('CONNECT: nobody listens', async () => {
    const server = createServer();
    const port = await servers.listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await failure(`https://127.0.0.1:${port}`)).toEqual({
      stage: 'CONNECT',
      message: 'the connection is refused',
    });
  });

  test('TLS: the server speaks something else', async () => {
    const port = await servers.listen(createHttpServer((_request, response) => response.end()));
    expect(await failure(`https://127.0.0.1:${port}`)).toEqual({
      stage: 'TLS',
      message: 'this port does not speak TLS',
    });
    expect(await failure(`ldap://127.0.0.1:${port}`)).toEqual({ stage: 'TLS', message: 'this is no LDAP server' });
  });

  test('TLS: slapd has no StartTLS', async () => {
    const { ldap } = await servers.slapd([]);
    expect(await failure(`ldap://127.0.0.1:${ldap}`)).toMatchObject({
      stage: 'TLS',
      message: expect.stringMatching(/refuses StartTLS \(result code \d+\)/),
    });
  });

  test.each(['https', 'ldap'])('TLS: the server hangs up (%s)', async (scheme) => {
    const port = await servers.listen(createServer((socket) => socket.end()));
    expect(await failure(`${scheme}://127.0.0.1:${port}`)).toEqual({
      stage: 'TLS',
      message: 'the server closed the connection',
    });
  });

  test('TLS: the server says nothing, or a byte now and then, until the time is over', async () => {
    // The header of a long record, and that of a long LDAPMessage.
    const cases = ['https ', 'ldap ', 'https 1603034000', 'ldap 30821000'].map((text) => text.split(' '));
    const failures = cases.map(async ([scheme, start = '']) => {
      const port = await servers.listen(createServer((socket) => drip(socket, Buffer.from(start, 'hex'))));
      return failure(`${scheme}://127.0.0.1:${port}`, { timeoutMs: 1_500 });
    });
    expect(await Promise.all(failures)).toEqual(Array(4).fill({ stage: 'TLS', message: 'no answer within 1.5 s' }));
  });

  test('TLS: the server sends without end', async () => {
    // A handshake record of a message that is ignored, again and again.
    const helloRequests = Buffer.from(`160303000400000000`.repeat(1_000), 'hex');
    const port = await servers.listen(
      createServer((socket) => {
        socket.on('error', () => undefined);
        const pour = () => {
          while (!socket.destroyed && socket.write(helloRequests));
        };
        socket.on('drain', pour);
        pour();
      }),
    );
    expect(await failure(`https://127.0.0.1:${port}`)).toEqual({
      stage: 'TLS',
      message: 'the server sent more than 524288 bytes',
    });
  });

  test('PARSE: what the server presents is no certificate', async () => {
    const port = await servers.listen(createServer((socket) => void socket.write(garbledFlight())));
    expect(await failure(`https://127.0.0.1:${port}`)).toEqual({
      stage: 'PARSE',
      message: 'what the server presents is no certificate',
    });
  });
});

test('ten run at once, and the next waits for its client to try again', async () => {
  const port = await servers.listen(createServer((socket) => drip(socket, Buffer.alloc(0))));
  const retrieve = retriever({ ...SETTINGS, timeoutMs: 300 });
  const urls = Array<string>(11).fill(`https://127.0.0.1:${port}`);
  const codes = (await Promise.all(urls.map(retrieve))).flatMap((result) =>
    result.ok ? ['OK'] : result.refusals.map(({ code }) => code),
  );
  expect(codes).toEqual([...Array<string>(10).fill('RETRIEVAL_FAILED'), 'LIMIT_EXCEEDED']);
  expect(await retrieve(urls[0]!)).toMatchObject({ refusals: [{ code: 'RETRIEVAL_FAILED' }] });
});

describe('an address is refused', () => {
  test.each([
    'https://169.254.169.254',
    'https://2852039166',
    'https://0xA9FEA9FE',
    'https://0251.0376.0251.0376',
    'https://[::ffff:169.254.169.254]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[2002:a9fe:a9fe::1]',
    'ldap://2852039166',
    'ldaps://0xA9FEA9FE',
  ])('that leads to metadata, as %s does', async (url) => {
    expect(await failure(url)).toMatchObject({ stage: 'POLICY', message: expect.stringContaining('link-local') });
  });

  test.each(['https://localhost', 'ldap://127.1', 'https://[::1]', 'https://[::ffff:7f00:1]'])(
    'where the operator closed its range, as that of %s',
    async (url) => expect(await failure(url, { closed: ['loopback'] })).toMatchObject({ stage: 'POLICY' }),
  );
});

describe('through a proxy', () => {
  test('the proxy is asked for the address that was checked, with its credentials', async () => {
    const port = await servers.openssl(chain);
    const { url, asked, credentials } = await servers.proxy();
    url.username = 'user';
    url.password = 'p%40ss';
    expect(await retrieve(`https://localhost:${port}`, { proxy: url })).toMatchObject({ fingerprints });
    expect(asked.at(-1)).toBe(`127.0.0.1:${port}`);
    expect(credentials.at(-1)).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  test('the target is held to the same policy, and the proxy hears nothing of it', async () => {
    const { url, asked } = await servers.proxy();
    expect(await failure('https://169.254.169.254', { proxy: url })).toMatchObject({ stage: 'POLICY' });
    expect(await failure('https://localhost', { proxy: url, closed: ['loopback'] })).toMatchObject({ stage: 'POLICY' });
    expect(asked).toEqual([]);
  });

  test.each<[string, (socket: Socket) => void, string]>([
    ['its silence', () => undefined, 'no answer within 1.5 s'],
    ['its hanging up', (socket) => socket.end(), 'the server closed the connection'],
  ])('%s is told', async (_what, speak, message) => {
    const port = await servers.listen(createServer((socket) => speak(socket.on('error', () => undefined))));
    const settings = { proxy: new URL(`http://127.0.0.1:${port}`), timeoutMs: 1_500 };
    expect(await failure('https://127.0.0.1', settings)).toEqual({ stage: 'CONNECT', message });
  });

  test('its refusal is told', async () => {
    const { url } = await servers.proxy(403);
    expect(await failure('https://127.0.0.1', { proxy: url })).toEqual({
      stage: 'CONNECT',
      message: 'the proxy answers 403',
    });
  });
});

/** Sends a start, and a byte every few milliseconds behind it; nothing behind nothing. */
function drip(socket: Socket, start: Buffer): void {
  socket.on('error', () => undefined);
  if (start.length === 0) return;
  socket.write(start);
  const timer = setInterval(() => socket.write('\0'), 10);
  socket.on('close', () => {
    clearInterval(timer);
  });
}

/** ServerHello of TLS 1.2 and a Certificate message with 16 bytes that are none. */
function garbledFlight(): Buffer {
  const hello = Buffer.concat([Buffer.from('0303', 'hex'), Buffer.alloc(32, 1), Buffer.from('00c02b00', 'hex')]);
  const certificates = Buffer.concat([Buffer.from('000013000010', 'hex'), Buffer.alloc(16, 2)]);
  return Buffer.concat([message(2, hello), message(11, certificates)].map(record));
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 0, 0, body.length]), body]);
}

function record(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([22, 3, 3, 0, body.length]), body]);
}
