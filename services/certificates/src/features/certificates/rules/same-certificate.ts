import type { CertificateRecord, DefinitionRecord } from '../../records/certificate-record.js';

/** Whether an update would leave a certificate as it is: its description, and its definitions in their order. */
export function isSameCertificate(
  a: Pick<CertificateRecord, 'description' | 'definitions'>,
  b: Pick<CertificateRecord, 'description' | 'definitions'>,
): boolean {
  return a.description === b.description && textOf(a.definitions) === textOf(b.definitions);
}

function textOf(definitions: readonly DefinitionRecord[]): string {
  return JSON.stringify(
    definitions.map(({ id, alias, source, url, fingerprint, environmentIds }) => [
      id,
      alias,
      source,
      url,
      fingerprint,
      [...environmentIds].sort(),
    ]),
  );
}
