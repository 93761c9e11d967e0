import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { TruststoreEntry } from '../src/index.js';

/** The public roots that Node carries, each under an alias of its own. */
export function machineRoots(): TruststoreEntry[] {
  return rootCertificates.map((pem, index) => {
    const certificate = new X509Certificate(pem);
    const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? 'no name';
    return { alias: `base/${name} ${index}`, der: certificate.raw };
  });
}
