import { differingTexts } from '@trustcast/schema';
import type { DeployedCertificate } from '../../records/entry.js';
import type { CertificateChange, WrittenChange } from './written-change.js';

/** Ids of the environments in which a change is one: all of a certificate's where it is described anew, or comes or goes. */
export function concernedEnvironments({ before, result }: WrittenChange<CertificateChange>): string[] {
  const [was, is] = [definedIn(before), definedIn(result)];
  const all = [...new Set([...was.keys(), ...is.keys()])];
  if (!before || !result || differingTexts(before.certificate, result.certificate).length > 0) return all;
  return all.filter((id) => was.get(id) !== is.get(id));
}

/** What of a certificate is in each environment, by its id, as text. */
function definedIn(certificate: DeployedCertificate | null): ReadonlyMap<string, string> {
  return new Map(
    (certificate?.certificate.definitions ?? []).flatMap(({ environmentIds, ...definition }) =>
      environmentIds.map((id) => [id, JSON.stringify(Object.entries(definition).sort())] as const),
    ),
  );
}
