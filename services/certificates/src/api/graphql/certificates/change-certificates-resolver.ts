import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import { parseEnvironmentName } from '@trustcast/schema';
import { checkDescription, checkIdempotencyKey, checkName } from '../../../features/records/certificate-input.js';
import { type ReadDefinition, readDefinitions } from '../../../features/certificates/rules/definition-input.js';
import type { Refusal } from '../../../features/records/refusal.js';
import type { Warning as WarningRecord } from '../../../features/certificates/certificate-answer.js';
import { type CertificatesAnswer, changeSeveral } from '../../../features/certificates/change-several.js';
import type { FullUpdate, NewCertificateChange } from '../../../features/certificates/plan-several.js';
import type { EnsuredEnvironment } from '../../../features/environments/ensure-environments.js';
import type { Outcome } from '../../../features/records/outcome.js';
import { type Context, requestOf } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { jwkDecisionRefusals } from '../jwks/jwk-decision-input.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Certificate } from './certificate.js';
import {
  type CertificateCreationInput,
  type CertificateUpdateInput,
  ChangeCertificatesInput,
  type EnsuredEnvironmentInput,
  definitionInputs,
} from './certificate-inputs.js';
import { CHANGED_DESCRIPTION, Warning } from './certificate-payload.js';

const MAX_CHANGES = 5_000;

@ObjectType({ description: 'Result of several changes.' })
export class ChangeCertificatesPayload {
  @Field(() => [Certificate], {
    description:
      'The created certificates followed by the updated ones, after the changes. Empty if nothing was changed, and for a dry run: what would be created has no id.',
  })
  certificates!: readonly Certificate[];

  deploymentId!: string | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => Boolean, { description: 'Whether nothing was changed because a dry run was requested.' })
  dryRun!: boolean;

  @Field(() => [Warning], { description: 'Warnings about changes that were made all the same.' })
  warnings!: readonly WarningRecord[];

  @Field(() => [UserError], {
    description: 'Reasons nothing was changed; empty on success. Field paths begin with the list and the index in it.',
  })
  userErrors!: UserError[];
}

@Resolver(() => ChangeCertificatesPayload)
export class ChangeCertificatesResolver {
  @Mutation(() => ChangeCertificatesPayload, {
    description:
      'Creates, updates and deletes several certificates, all or none, in one revision of each environment. An alias or X.509 certificate that one change releases may be used by another.',
  })
  async changeCertificates(
    @Arg('input', () => ChangeCertificatesInput, { description: 'The changes to make.' })
    input: ChangeCertificatesInput,
    @Ctx() context: Context,
  ): Promise<ChangeCertificatesPayload> {
    const { dryRun, takeOver } = input;
    const [creates, updates, deletions] = [input.creates ?? [], input.updates ?? [], input.deletions ?? []];
    const counted = countRefusals(creates.length, [...updates, ...deletions]);
    if (counted.length > 0) return payloadOf({ refusals: counted }, dryRun);
    const key = checkIdempotencyKey(input.idempotencyKey);
    const owner = input.owner == null ? null : checkName(input.owner, 'owner');
    const environments = (input.environments ?? []).map(readEnvironment);
    const created = await Promise.all(creates.map((each, index) => readCreation(each, index, context)));
    const updated = await Promise.all(updates.map((each, index) => readUpdate(each, index, context)));
    const deleted = deletions.map(({ jwkDecision, confirmName = null, ...rest }) => ({
      ...rest,
      jwkDecision: jwkDecision ?? [],
      confirmName,
    }));
    const refusals = [
      ...[key, owner].filter((check) => check !== null && typeof check !== 'string'),
      ...[...environments, ...created, ...updated].flatMap((each) => ('refusals' in each ? each.refusals : [])),
      ...deletions.flatMap((each, index) => pathed('deletions', index, jwkDecisionRefusals(each))),
    ];
    if (refusals.length > 0 || (owner !== null && typeof owner !== 'string')) return payloadOf({ refusals }, dryRun);
    const changes = {
      environments: environments.flatMap((each) => ('refusals' in each ? [] : [each])),
      creates: created.flatMap((each) => ('refusals' in each ? [] : [each])),
      updates: updated.flatMap((each) => ('refusals' in each ? [] : [each])),
      deletions: deleted,
      ...{ owner, takeOver, dryRun },
    };
    const request = requestOf(context, 'changeCertificates', input);
    return payloadOf(await changeSeveral(context.database, request, changes), dryRun);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the deployment, or null for a dry run and if no environment changed.',
  })
  deployment(@Root() { deploymentId, dryRun }: ChangeCertificatesPayload, @Ctx() { deployments }: Context) {
    return deploymentId === null || dryRun ? null : deployments.load(deploymentId);
  }
}

interface Refused {
  readonly refusals: readonly Refusal[];
}

function countRefusals(creates: number, existing: readonly { readonly id: string }[]): Refusal[] {
  const different = new Set(existing.map(({ id }) => id.toLowerCase())).size === existing.length;
  const count = creates + existing.length;
  const refuse = (message: string): Refusal => ({ code: 'INVALID_INPUT', message, field: [] });
  if (!different) return [refuse('a certificate is changed or deleted at most once')];
  return count > MAX_CHANGES ? [refuse(`at most ${MAX_CHANGES} certificates are changed at once`)] : [];
}

function readEnvironment({ name, kind, title }: EnsuredEnvironmentInput, index: number): EnsuredEnvironment | Refused {
  const checked = title == null ? null : checkName(title, 'title');
  const refusals = [
    ...(isEnvironmentName(name)
      ? []
      : [{ code: 'INVALID_INPUT' as const, message: 'must be 1 to 63 characters of a-z, 0-9 and -', field: ['name'] }]),
    ...(checked !== null && typeof checked !== 'string' ? [checked] : []),
  ];
  if (refusals.length > 0 || (checked !== null && typeof checked !== 'string'))
    return { refusals: pathed('environments', index, refusals) };
  return { name, kind, title: checked };
}

function isEnvironmentName(name: string): boolean {
  try {
    return parseEnvironmentName(name) === name;
  } catch {
    return false;
  }
}

async function readCreation(
  input: CertificateCreationInput,
  index: number,
  { intake }: Context,
): Promise<NewCertificateChange | Refused> {
  const [name, description] = [checkName(input.name), checkDescription(input.description ?? '')];
  const definitions = await readDefinitions(definitionInputs(input.definitions), intake.admit);
  if (typeof name === 'string' && typeof description === 'string' && !('refusals' in definitions))
    return { name, description, definitions };
  return { refusals: pathed('creates', index, refusalsOf([name, description], definitions)) };
}

async function readUpdate(
  update: CertificateUpdateInput,
  index: number,
  { intake }: Context,
): Promise<FullUpdate | Refused> {
  const { id, expectedVersion, jwkDecision, confirmName = null } = update;
  const description = update.description == null ? null : checkDescription(update.description);
  const definitions = await readDefinitions(definitionInputs(update.definitions), intake.admit);
  const decisions = jwkDecisionRefusals(update);
  if (
    decisions.length === 0 &&
    !('refusals' in definitions) &&
    (description === null || typeof description === 'string')
  )
    return { id, expectedVersion, description, definitions, jwkDecision: jwkDecision ?? [], confirmName };
  return { refusals: pathed('updates', index, [...refusalsOf([description], definitions), ...decisions]) };
}

function refusalsOf(
  checks: readonly (string | Refusal | null)[],
  definitions: readonly ReadDefinition[] | Refused,
): Refusal[] {
  return [
    ...checks.filter((check) => check !== null && typeof check !== 'string'),
    ...('refusals' in definitions ? definitions.refusals : []),
  ];
}

function pathed(list: string, index: number, refusals: readonly Refusal[]): Refusal[] {
  return refusals.map((refusal) => ({ ...refusal, field: [list, String(index), ...(refusal.field ?? [])] }));
}

function payloadOf(outcome: Outcome<CertificatesAnswer>, dryRun: boolean): ChangeCertificatesPayload {
  const { certificates, deploymentId, warnings, changed } =
    'answer' in outcome ? outcome.answer : { certificates: [], deploymentId: null, warnings: [], changed: false };
  return instance(ChangeCertificatesPayload, {
    // A dry run is rolled back: ids of what it made lead nowhere, and so does content.
    certificates: (dryRun ? [] : certificates).map((record) => instance(Certificate, record)),
    deploymentId,
    changed,
    dryRun,
    warnings,
    userErrors: userErrorsOf('refusals' in outcome ? outcome.refusals : []),
  });
}
