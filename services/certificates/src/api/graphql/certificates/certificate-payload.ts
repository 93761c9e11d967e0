import { Field, ObjectType } from 'type-graphql';
import type { CertificateAnswer, Warning as WarningRecord } from '../../../features/certificates/certificate-answer.js';
import type { DeployedPosition } from '../../../features/deployments/deploy.js';
import type { Result } from '../../../features/records/result.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Certificate, answeredCertificate } from './certificate.js';

@ObjectType({ description: 'A warning about a change that was made all the same.' })
export class Warning implements WarningRecord {
  @Field(() => String, { description: 'Stable, machine-readable code.' })
  code!: string;

  @Field(() => String, { description: 'Message for people; its wording may change.' })
  message!: string;

  @Field(() => [String], { nullable: true, description: 'Path of the input field that the warning concerns.' })
  field!: readonly string[] | null;
}

export const CHANGED_DESCRIPTION =
  'Whether anything was changed. False if the change was refused or everything already matched; the version is then unchanged.';

@ObjectType({ description: 'Result of changing a certificate.' })
export class CertificatePayload {
  @Field(() => Certificate, {
    nullable: true,
    description: 'The certificate after the change, or before its deletion. Null if the change was refused.',
  })
  certificate!: Certificate | null;

  deploymentId!: string | null;
  /** Positions of the deployment; null in the answer to a repeated request. */
  deployed!: readonly DeployedPosition[] | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [Warning], { description: 'Warnings about a change that was made all the same.' })
  warnings!: readonly WarningRecord[];

  @Field(() => [UserError], { description: 'Reasons the change was refused; empty on success.' })
  userErrors!: UserError[];
}

export function certificatePayload(result: Result<CertificateAnswer>): CertificatePayload {
  const {
    certificate,
    deploymentId,
    warnings,
    changed,
    deployed = null,
  } = result.ok ? result.value : { certificate: null, deploymentId: null, warnings: [], changed: false };
  return instance(CertificatePayload, {
    certificate: certificate && answeredCertificate(certificate),
    deploymentId,
    deployed,
    changed,
    warnings,
    userErrors: userErrorsOf(result.ok ? [] : result.refusals),
  });
}
