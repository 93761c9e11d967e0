import { type KeyObject, X509Certificate, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface MadeCertificate {
  readonly pem: string;
  readonly der: Buffer;
  readonly fingerprint: string;
}

const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ECDSA_SHA256 = tlv(0x30, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

/** A CA, self-signed where no issuer is named, different from every other. One key serves all who bring none. */
export function makeCertificate(
  commonName = 'Test CA',
  {
    days = 365,
    issuer = commonName,
    ca = true,
    publicKey = createPublicKey(keys.privateKey),
  }: { days?: number; issuer?: string; ca?: boolean; publicKey?: KeyObject } = {},
): MadeCertificate {
  const serial = randomBytes(16);
  serial[0] = 0x01;
  const [subjectName, issuerName] = [commonName, issuer].map((name) =>
    tlv(0x30, tlv(0x31, tlv(0x30, oid([0x55, 0x04, 0x03]), tlv(0x0c, Buffer.from(name))))),
  ) as [Buffer, Buffer];
  const from = Date.now() + Math.min(days - 1, -1) * 86_400_000;
  const validity = tlv(0x30, utcTime(new Date(from)), utcTime(new Date(Date.now() + days * 86_400_000)));
  const basicConstraints = ca ? tlv(0x30, tlv(0x01, Buffer.from([0xff]))) : tlv(0x30);
  const extension = tlv(0x30, oid([0x55, 0x1d, 0x13]), tlv(0x01, Buffer.from([0xff])), tlv(0x04, basicConstraints));
  const body = tlv(
    0x30,
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ECDSA_SHA256,
    issuerName,
    validity,
    subjectName,
    publicKey.export({ format: 'der', type: 'spki' }),
    tlv(0xa3, tlv(0x30, extension)),
  );
  const signature = sign('sha256', body, keys.privateKey);
  const der = tlv(0x30, body, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature));
  const parsed = new X509Certificate(der);
  return {
    der,
    pem: parsed.toString(),
    fingerprint: parsed.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/** As many, each of a key of its own. */
export function makeCertificates(count: number): MadeCertificate[] {
  return Array.from({ length: count }, (_, index) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    return makeCertificate(`Test CA ${index}`, { publicKey });
  });
}

export const PRIVATE_KEY_PEM = keys.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;

function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function oid(content: number[]): Buffer {
  return tlv(0x06, Buffer.from(content));
}

function utcTime(date: Date): Buffer {
  return tlv(0x17, Buffer.from(date.toISOString().replace(/^..(..)-(..)-(..)T(..):(..):(..).*$/, '$1$2$3$4$5$6Z')));
}
