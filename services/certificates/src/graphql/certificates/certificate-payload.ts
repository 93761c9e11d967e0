import { Field, ObjectType } from 'type-graphql';
import type { Refusal } from '../../domain/refusal.js';
import type { CertificateAnswer, Warning as WarningRecord } from '../../postgres/certificate-answer.js';
import type { DeployedPosition } from '../../postgres/deploy.js';
import type { Outcome } from '../../postgres/idempotent.js';
import { instance } from '../instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Certificate } from './certificate.js';

@ObjectType({ description: 'Worth knowing, although the change was made.' })
export class Warning implements WarningRecord {
  @Field(() => String, { description: 'Stable; to be read by programs.' })
  code!: string;

  @Field(() => String, { description: 'For people.' })
  message!: string;

  @Field(() => [String], { nullable: true, description: 'Path of the input that is meant.' })
  field!: readonly string[] | null;
}

export const CHANGED_DESCRIPTION =
  'Whether anything was changed; false: it was refused, or was exactly so already, with the same version.';

@ObjectType({ description: 'The outcome of a change of a certificate.' })
export class CertificatePayload {
  @Field(() => Certificate, {
    nullable: true,
    description: 'As it is after the change; as it was, when it was deleted; null when the change was not made.',
  })
  certificate!: Certificate | null;

  deploymentId!: string | null;
  /** Known to who made the change, and not to who repeats the request. */
  deployed!: readonly DeployedPosition[] | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [Warning], { description: 'Worth knowing, although the change was made.' })
  warnings!: readonly WarningRecord[];

  @Field(() => [UserError], { description: 'Why the change was not made; empty when it was.' })
  userErrors!: UserError[];
}

export function certificatePayload(outcome: Outcome<CertificateAnswer>): CertificatePayload {
  const {
    certificate,
    deploymentId,
    warnings,
    changed,
    deployed = null,
  } = 'answer' in outcome ? outcome.answer : { certificate: null, deploymentId: null, warnings: [], changed: false };
  const refusals: readonly Refusal[] = 'refusals' in outcome ? outcome.refusals : [];
  return instance(CertificatePayload, {
    certificate: certificate && instance(Certificate, certificate),
    deploymentId,
    deployed,
    changed,
    warnings,
    userErrors: userErrorsOf(refusals),
  });
}
