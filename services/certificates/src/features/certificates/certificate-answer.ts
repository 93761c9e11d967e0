import type { CertificateRecord } from '../records/certificate-record.js';
import type { DeployedPosition } from '../deployments/deploy.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import type { DefinitionPlan } from './rules/definition-input.js';

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

/** What a change of a certificate is answered with, now and when its request is repeated. */
export interface CertificateAnswer {
  readonly certificate: CertificateRecord;
  /** null when no environment's set changed. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
  /** false: it was exactly so already, and nothing was done. */
  readonly changed: boolean;
  /** Known to who made the change, and not kept. */
  readonly deployed?: readonly DeployedPosition[];
}

/** What is worth saying of a change that changes nothing. */
export const UNCHANGED: Warning = Object.freeze({
  code: 'UNCHANGED',
  message: 'the certificate already matches: nothing was changed',
  field: null,
});

/** What is worth saying of the certificates that a change brings. */
export function warningsOf({ definitions, certificates }: DefinitionPlan): Warning[] {
  return certificates.flatMap(({ fingerprint, warnings }) => {
    const index = definitions.findIndex((definition) => definition.fingerprint === fingerprint);
    return warnings.map(({ code, message }) => ({ code, message, field: ['definitions', String(index), 'from'] }));
  });
}

/** With what is worth saying of the environments that a change has led beyond what their JVMs can take. */
export function withOutgrown<Answer extends { readonly warnings: readonly Warning[] }>(
  answer: Answer,
  deployed: readonly Pick<DeployedPosition, 'outgrown'>[],
): Answer {
  const warnings = outgrownWarnings(deployed.flatMap(({ outgrown }) => outgrown ?? []));
  return warnings.length === 0 ? answer : { ...answer, warnings: [...answer.warnings, ...warnings] };
}
