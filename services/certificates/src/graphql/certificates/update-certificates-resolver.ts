import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { checkDescription, checkIdempotencyKey } from '../../domain/certificate-input.js';
import { judgeDefinitions } from '../../domain/definition-input.js';
import type { Refusal } from '../../domain/refusal.js';
import type { Warning as WarningRecord } from '../../postgres/certificate-answer.js';
import type { Outcome } from '../../postgres/idempotent.js';
import { type CertificatesAnswer, type FullUpdate, updateCertificates } from '../../postgres/update-certificates.js';
import { type Context, requestOf } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { instance } from '../instance.js';
import { jwkDecisionRefusals } from '../jwks/jwk-decision-input.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Certificate } from './certificate.js';
import { type CertificateUpdateInput, UpdateCertificatesInput } from './certificate-inputs.js';
import { CHANGED_DESCRIPTION, Warning } from './certificate-payload.js';

const MAX_UPDATES = 100;

@ObjectType({ description: 'The outcome of changes of several certificates.' })
export class CertificatesPayload {
  @Field(() => [Certificate], { description: 'As they are after the changes, in their order; none: nothing was made.' })
  certificates!: readonly Certificate[];

  deploymentId!: string | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [Warning], { description: 'Worth knowing, although the changes were made.' })
  warnings!: readonly WarningRecord[];

  @Field(() => [UserError], { description: 'Why none was made; empty when all were. Fields begin with the update.' })
  userErrors!: UserError[];
}

@Resolver(() => CertificatesPayload)
export class UpdateCertificatesResolver {
  @Mutation(() => CertificatesPayload, {
    description:
      'Changes several certificates, all or none, in one revision of each environment: what one of them frees, an alias or an X.509 certificate, another may take.',
  })
  async updateCertificates(
    @Arg('input', () => UpdateCertificatesInput, { description: 'The changes.' }) input: UpdateCertificatesInput,
    @Ctx() context: Context,
  ): Promise<CertificatesPayload> {
    const { updates, idempotencyKey } = input;
    const key = checkIdempotencyKey(idempotencyKey);
    const judged = await Promise.all(
      updates.slice(0, MAX_UPDATES).map((update, index) => judge(update, index, context)),
    );
    const checks = [key, countCheck(updates)].filter((check) => check !== null && typeof check !== 'string');
    const refusals = [...checks, ...judged.flatMap((each) => ('refusals' in each ? each.refusals : []))];
    if (refusals.length > 0) return payloadOf({ refusals });
    const wanted = judged.flatMap((each) => ('refusals' in each ? [] : [each]));
    const request = requestOf(context, 'updateCertificates', input);
    return payloadOf(await updateCertificates(context.database, request, wanted));
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'The progress of what was deployed; null when no environment changed.',
  })
  deployment(@Root() { deploymentId }: CertificatesPayload, @Ctx() { deployments }: Context) {
    return deploymentId === null ? null : deployments.load(deploymentId);
  }
}

function countCheck(updates: readonly CertificateUpdateInput[]): Refusal | null {
  const different = new Set(updates.map(({ id }) => id)).size === updates.length;
  return different && updates.length >= 1 && updates.length <= MAX_UPDATES
    ? null
    : {
        code: 'INVALID_INPUT',
        message: `must be 1 to ${MAX_UPDATES}, each of another certificate`,
        field: ['updates'],
      };
}

async function judge(
  update: CertificateUpdateInput,
  index: number,
  { intake }: Context,
): Promise<FullUpdate | { readonly refusals: readonly Refusal[] }> {
  const { id, expectedVersion, jwkDecision, confirmName = null } = update;
  const description = update.description == null ? null : checkDescription(update.description);
  const definitions = await judgeDefinitions(update.definitions, intake.admit);
  const decisions = jwkDecisionRefusals(update);
  if ('refusals' in definitions || decisions.length > 0 || (description !== null && typeof description !== 'string')) {
    const found = [description, ...decisions, ...('refusals' in definitions ? definitions.refusals : [])];
    const refusals = found.filter((each) => each !== null && typeof each !== 'string');
    return {
      refusals: refusals.map((each) => ({ ...each, field: ['updates', String(index), ...(each.field ?? [])] })),
    };
  }
  return { id, expectedVersion, description, definitions, jwkDecision: jwkDecision ?? [], confirmName };
}

function payloadOf(outcome: Outcome<CertificatesAnswer>): CertificatesPayload {
  const { certificates, deploymentId, warnings, changed } =
    'answer' in outcome ? outcome.answer : { certificates: [], deploymentId: null, warnings: [], changed: false };
  return instance(CertificatesPayload, {
    certificates: certificates.map((record) => instance(Certificate, record)),
    deploymentId,
    changed,
    warnings,
    userErrors: userErrorsOf('refusals' in outcome ? outcome.refusals : []),
  });
}
