#!/usr/bin/env node
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { writePrivateFile } from './backends/private-file.mjs';

const USAGE = `usage: node dev/certificates.mjs [--folder <folder>] [--days <days>] [--host <name or address>]...

Makes a CA and certificates for PostgreSQL, nats-server and the service of docker-compose.yml: ca.pem, and
postgres.pem, nats.pem and service.pem with their keys (.key). All of them are for localhost, for the name of their
container, and for each --host. The key of the CA is thrown away: once more makes everything anew, by a new CA.
`;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
const SERVERS = ['postgres', 'nats', 'service'];
const HERE = ['localhost', '127.0.0.1', '::1'];

/**
 * @param {{ folder: string, days?: number, hosts?: readonly string[] }} options
 * @returns {Promise<void>}
 */
export async function makeCertificates({ folder, days = 365, hosts = [] }) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + days * DAY_MS) };
  const authority = await newKeys();
  const issuer = 'CN=Trustcast local CA';
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: issuer,
    keys: authority,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  for (const server of SERVERS) {
    const { publicKey, privateKey } = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      ...validity,
      subject: `CN=${server}`,
      issuer,
      publicKey,
      signingKey: authority.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension(
          [...HERE, server, ...hosts].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
        ),
        await AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    });
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64');
    const lines = der.match(/.{1,64}/g)?.join('\n');
    writePrivateFile(
      join(folder, `${server}.key`),
      `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
    );
    writeFileSync(join(folder, `${server}.pem`), `${certificate.toString('pem')}\n`);
  }
  // What is half made has no CA.
  writeFileSync(join(folder, 'ca.pem'), `${ca.toString('pem')}\n`);
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

/** @param {string[]} args @returns {Promise<number>} the exit code */
async function main(args) {
  const standard = fileURLToPath(new URL('../.trustcast/tls', import.meta.url));
  try {
    const { values } = parseArgs({
      args,
      options: {
        folder: { type: 'string', default: standard },
        days: { type: 'string', default: '365' },
        host: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const days = Number(values.days);
    if (!Number.isInteger(days) || days < 1 || days > 3_650) throw new TypeError('--days is a number from 1 to 3650');
    const folder = resolve(values.folder);
    const isNew = !existsSync(join(folder, 'ca.pem'));
    await makeCertificates({ folder, days, hosts: values.host });
    process.stdout.write(`${isNew ? 'made' : 'replaced'} the CA and the certificates in ${folder}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    return 64;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
