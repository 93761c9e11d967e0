import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;
type Keys = Awaited<ReturnType<typeof newKeys>>;

/** A certificate authority that renews its certificate with the same key: what it issued chains up to any of them. */
export class Authority {
  readonly #keys: Keys;
  readonly #name: string;

  private constructor(keys: Keys, name: string) {
    this.#keys = keys;
    this.#name = name;
  }

  static async make(commonName: string): Promise<Authority> {
    return new Authority(await newKeys(), `CN=${commonName}`);
  }

  /** Another certificate at every call, in PEM. */
  async renew(): Promise<string> {
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...validity(),
      name: this.#name,
      signingAlgorithm: ALGORITHM,
      keys: this.#keys,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return pemOf(certificate);
  }

  /** Key and certificate of a server on `localhost`. */
  async issue(): Promise<{ key: string; pem: string }> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      ...validity(),
      subject: 'CN=localhost',
      issuer: this.#name,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    return { key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`, pem: pemOf(certificate) };
  }
}

function newKeys() {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validity() {
  return {
    serialNumber: `01${randomBytes(8).toString('hex')}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
  };
}

function pemOf(certificate: X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
