import { eachText, foldAlias } from '@trustcast/schema';
import { suggestAlias } from '@trustcast/x509';
import type { ImportedCertificate } from './import-plan.js';
import { validateCertificate, refusalOf } from '../../gate/rules/validate-certificate.js';
import { readContent } from '../../gate/rules/read-content.js';
import { type Result, accepted, rejected } from '../../records/result.js';

const AT = ['definitions', '0'];
const MAX_NAME = 128;

/** Each entry of an existing truststore as a certificate of its own, named by its alias, or by its subject without one. */
export function truststoreCertificates({
  content,
  password,
  environment,
}: {
  readonly content: string | Uint8Array;
  readonly password: string | null;
  readonly environment: string;
}): Result<readonly ImportedCertificate[]> {
  const items = readContent({ source: 'FILE', content, password }, []);
  if (!items.ok) return items;
  const taken = new Set<string>();
  const certificates: ImportedCertificate[] = [];
  for (const [index, { der, alias, error }] of items.value.entries()) {
    const certificate = error ? rejected(refusalOf(error, AT)) : validateCertificate(der, AT);
    const fallback = certificate.ok ? suggestAlias(certificate.value.fields) : `entry-${index + 1}`;
    const preferred = alias !== null && alias.length <= MAX_NAME ? alias : fallback;
    const name = taken.has(foldAlias(preferred)) && alias === null ? `${preferred}-${index + 1}` : preferred;
    taken.add(foldAlias(name));
    const definition = { alias: name, from: { source: 'FILE' as const }, environments: [environment], certificate };
    certificates.push({ name, texts: eachText(() => ''), definitions: [definition], jwks: [] });
  }
  return accepted(certificates);
}
