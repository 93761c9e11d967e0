import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './make-certificate.js';

export const KEY_PASSWORD = 'Kennwort-der-Datei';

/** A file with a private key, beside a good certificate. */
export interface KeyFile {
  readonly bytes: Buffer;
  readonly password?: string;
  /** False where it is a keystore that encrypts its key, beside which the certificate is taken. */
  readonly isOpen: boolean;
  /** What nobody may keep: the secret of the key, and of an encrypted one what it is encrypted to. */
  readonly secrets: readonly Buffer[];
}

/** Files with private keys as OpenSSL, keytool and Node.js write them: PEM and DER, PKCS#12 and JKS, encrypted and not. */
export function keyFiles(): Record<string, KeyFile> {
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-keys-'));
  try {
    return { ...pemFiles(), ...pkcs12Files(), ...keytoolFiles(folder) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pemFiles(): Record<string, KeyFile> {
  const certificate = makeCertificate('Beside a key').pem;
  const encrypted = { cipher: 'aes-256-cbc', passphrase: KEY_PASSWORD } as const;
  const file = (key: string, der: Buffer): KeyFile => ({
    bytes: Buffer.from(certificate + key),
    isOpen: true,
    secrets: partsOf(der),
  });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  const d = Buffer.from(ec.export({ format: 'jwk' }).d ?? '', 'base64url');
  const prime = Buffer.from(rsa.export({ format: 'jwk' }).p ?? '', 'base64url');
  const locked = rsa.export({ format: 'pem', type: 'pkcs8', ...encrypted }) as string;
  return {
    'PKCS#8 as PEM': file(ec.export({ format: 'pem', type: 'pkcs8' }) as string, d),
    'SEC 1 as PEM': file(ec.export({ format: 'pem', type: 'sec1' }) as string, d),
    'PKCS#1 as PEM': file(rsa.export({ format: 'pem', type: 'pkcs1' }) as string, prime),
    'encrypted PKCS#8 as PEM': file(locked, derOf(locked).subarray(-1_024)),
    'PKCS#8 as DER': { bytes: rsa.export({ format: 'der', type: 'pkcs8' }), isOpen: true, secrets: partsOf(prime) },
  };
}

function pkcs12Files(): Record<string, KeyFile> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  const prime = Buffer.from(rsa.privateKey.export({ format: 'jwk' }).p ?? '', 'base64url');
  const { pem: certificate } = makeCertificate('In a keystore', { publicKey: rsa.publicKey });
  const write = (...more: string[]): Buffer =>
    execFileSync('openssl', ['pkcs12', '-export', '-passout', `pass:${KEY_PASSWORD}`, ...more], {
      input: pem + certificate,
    });
  const [locked, open] = [write(), write('-keypbe', 'NONE', '-certpbe', 'NONE')];
  return {
    'PKCS#12': {
      bytes: locked,
      password: KEY_PASSWORD,
      isOpen: false,
      secrets: [prime, locked.subarray(-900)].flatMap(partsOf),
    },
    'PKCS#12 that encrypts nothing': { bytes: open, password: KEY_PASSWORD, isOpen: true, secrets: partsOf(prime) },
  };
}

function keytoolFiles(folder: string): Record<string, KeyFile> {
  const write = (type: string): Buffer => {
    const path = join(folder, type);
    const password = ['-storepass', KEY_PASSWORD, '-keypass', KEY_PASSWORD];
    const key = ['-genkeypair', '-alias', 'key', '-keyalg', 'RSA', '-keysize', '2048', '-dname', 'CN=keytool'];
    execFileSync('keytool', [...key, '-storetype', type, '-keystore', path, ...password], { stdio: 'ignore' });
    return readFileSync(path);
  };
  const file = (bytes: Buffer): KeyFile => ({
    bytes,
    password: KEY_PASSWORD,
    isOpen: false,
    // The encrypted key comes before the certificate.
    secrets: partsOf(bytes.subarray(200, 1_000)),
  });
  return { JKS: file(write('JKS')), JCEKS: file(write('JCEKS')) };
}

/** Pieces that are long enough to be nowhere by chance. */
function partsOf(secret: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + 24 <= secret.length; at += 24) parts.push(secret.subarray(at, at + 24));
  return parts;
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}
