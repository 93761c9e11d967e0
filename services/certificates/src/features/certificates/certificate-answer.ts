import type { CertificateRecord } from '../records/certificate-record.js';
import type { DeployedPosition } from '../deployments/deploy.js';
import { outgrownWarnings } from '../deployments/rules/outgrown.js';
import type { ImpactRecord } from './read/read-impact.js';
import type { DefinitionPlan } from './rules/definition-input.js';

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly field: readonly string[] | null;
}

/** The answer to a change of a certificate, now and when its request is repeated. */
export interface CertificateAnswer {
  readonly certificate: CertificateRecord;
  /** null when no environment's set changed. */
  readonly deploymentId: string | null;
  readonly warnings: readonly Warning[];
  /** false: nothing differed, and nothing was done. */
  readonly changed: boolean;
  /** Known when the change is made, and not stored. */
  readonly deployed?: readonly DeployedPosition[];
}

/** The warning about a change that changes nothing. */
export const UNCHANGED: Warning = Object.freeze({
  code: 'UNCHANGED',
  message: 'the certificate already matches: nothing was changed',
  field: null,
});

/** Warnings about the X.509 certificates that come with a change. */
export function warningsOf({ definitions, certificates }: DefinitionPlan): Warning[] {
  return certificates.flatMap(({ fingerprint, warnings }) => {
    const index = definitions.findIndex((definition) => definition.fingerprint === fingerprint);
    return warnings.map(({ code, message }) => ({ code, message, field: ['definitions', String(index), 'from'] }));
  });
}

/** The answer with warnings about environments whose set has outgrown their JVMs. */
export function withOutgrown<Answer extends { readonly warnings: readonly Warning[] }>(
  answer: Answer,
  deployed: readonly Pick<DeployedPosition, 'outgrown'>[],
): Answer {
  const warnings = outgrownWarnings(deployed.flatMap(({ outgrown }) => outgrown ?? []));
  return warnings.length === 0 ? answer : { ...answer, warnings: [...answer.warnings, ...warnings] };
}

/** Warnings about JVMs that keep trusting what is deleted. */
export function alsoInBase(impact: readonly ImpactRecord[]): Warning[] {
  return impact
    .filter(({ jvmsWithBase }) => jvmsWithBase > 0)
    .map(({ environment, jvmsWithBase }) => ({
      code: 'ALSO_IN_BASE',
      message: `${jvmsWithBase} JVM(s) of ${environment} also have the certificate among their own CAs and keep trusting it`,
      field: null,
    }));
}
