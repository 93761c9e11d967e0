import { type CertificateTexts, differingTexts, textsOf } from '@trustcast/schema';
import type { AdmittedCertificate } from '../../gate/rules/validate-certificate.js';
import type { CertificateRecord, DefinitionRecord } from '../../records/certificate-record.js';
import { type DeployedCertificate, entriesOf, keepDeployments } from '../../records/entry.js';

/** A certificate as a change would leave it. */
export interface CertificateContent extends CertificateTexts, Pick<CertificateRecord, 'id' | 'name' | 'definitions'> {
  /** X.509 certificates that come with the change. */
  readonly certificates: readonly AdmittedCertificate[];
}

export interface CertificateChange {
  /** As it is; null: it is created. */
  readonly before: DeployedCertificate | null;
  /** As it shall be; null: it is deleted. */
  readonly after: CertificateContent | null;
}

/** A change with its result. */
export type WrittenChange<Change extends CertificateChange> = Change & {
  /** As it is after the change; null: it was deleted. */
  readonly result: DeployedCertificate | null;
  /** false: it was exactly so already. */
  readonly changed: boolean;
  /** Whether its definitions are stored anew. */
  readonly redefined: boolean;
};

interface Stamp {
  readonly deploymentId: string;
  readonly now: string;
}

/** Decides what a change writes: a next version, or nothing where nothing differs. */
export function writtenChange<Change extends CertificateChange & { readonly after: CertificateContent }>(
  change: Change,
  stamp: Stamp,
): WrittenChange<Change> & { readonly result: DeployedCertificate };
export function writtenChange<Change extends CertificateChange>(change: Change, stamp: Stamp): WrittenChange<Change>;
export function writtenChange<Change extends CertificateChange>(
  change: Change,
  { deploymentId, now }: Stamp,
): WrittenChange<Change> {
  const { before, after } = change;
  if (!after) return { ...change, result: null, changed: true, redefined: false };
  const { id, name, definitions } = after;
  const current = before?.certificate;
  const redefined = textOf(current?.definitions ?? []) !== textOf(definitions);
  if (before && !redefined && differingTexts(before.certificate, after).length === 0)
    return { ...change, result: before, changed: false, redefined };
  const certificate: CertificateRecord = {
    ...{ id, name, ...textsOf(after) },
    version: (current?.version ?? 0) + 1,
    createdAt: current?.createdAt ?? now,
    updatedAt: now,
    definitions,
  };
  const entries = redefined ? keepDeployments(before, entriesOf(definitions, deploymentId)) : (before?.entries ?? []);
  return { ...change, result: { certificate, entries }, changed: true, redefined };
}

/** Definitions in their order; that of their environments does not matter. */
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
