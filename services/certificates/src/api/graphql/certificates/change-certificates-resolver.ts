import { Arg, Ctx, Field, FieldResolver, Mutation, ObjectType, Resolver, Root } from 'type-graphql';
import {
  readEnvironmentName,
  readGivenTexts,
  readIdempotencyKey,
  readName,
  readTexts,
} from '../../../features/records/certificate-input.js';
import { readDefinitions } from '../../../features/certificates/rules/definition-input.js';
import type { Warning as WarningRecord } from '../../../features/certificates/certificate-answer.js';
import { type CertificatesAnswer, changeSeveral } from '../../../features/certificates/change-several.js';
import type { DeletionChange, FullUpdate, NewCertificateChange } from '../../../features/certificates/plan-several.js';
import type { EnsuredEnvironment } from '../../../features/environments/ensure-environments.js';
import { type Result, accepted, all, allOf, at, optional, rejected } from '../../../features/records/result.js';
import { type Context, requestOf } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { readJwkDecision } from '../jwks/jwk-decision-input.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { Certificate, answeredCertificate } from './certificate.js';
import {
  type CertificateCreationInput,
  type CertificateDeletionInput,
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
    const counted = checkCounts(creates.length, [...updates, ...deletions]);
    if (!counted.ok) return payloadOf(counted, dryRun);
    const read = all({
      key: readIdempotencyKey(input.idempotencyKey),
      owner: optional(input.owner, (name) => readName(name, 'owner')),
      environments: await readList('environments', input.environments, readEnvironment),
      creates: await readList('creates', creates, (each) => readCreation(each, context)),
      updates: await readList('updates', updates, (each) => readUpdate(each, context)),
      deletions: await readList('deletions', deletions, readDeletion),
    });
    if (!read.ok) return payloadOf(read, dryRun);
    const { key: _, ...changes } = read.value;
    const request = requestOf(context, 'changeCertificates', input);
    return payloadOf(await changeSeveral(context.database, request, { ...changes, takeOver, dryRun }), dryRun);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the deployment, or null for a dry run and if no environment changed.',
  })
  deployment(@Root() { deploymentId, dryRun }: ChangeCertificatesPayload, @Ctx() { deployments }: Context) {
    return deploymentId === null || dryRun ? null : deployments.load(deploymentId);
  }
}

function checkCounts(creates: number, existing: readonly { readonly id: string }[]): Result<null> {
  const different = new Set(existing.map(({ id }) => id.toLowerCase())).size === existing.length;
  const count = creates + existing.length;
  const refuse = (message: string) => rejected({ code: 'INVALID_INPUT', message, field: [] });
  if (!different) return refuse('a certificate is changed or deleted at most once');
  return count > MAX_CHANGES ? refuse(`at most ${MAX_CHANGES} certificates are changed at once`) : accepted(null);
}

function readEnvironment({ name, kind, title }: EnsuredEnvironmentInput): Result<EnsuredEnvironment> {
  return all({
    name: readEnvironmentName(name),
    kind: accepted(kind),
    title: optional(title, (text) => readName(text, 'title')),
  });
}

async function readCreation(
  input: CertificateCreationInput,
  { intake }: Context,
): Promise<Result<NewCertificateChange>> {
  return all({
    name: readName(input.name),
    texts: readTexts(input),
    definitions: await readDefinitions(definitionInputs(input.definitions), intake.admit),
  });
}

async function readUpdate(update: CertificateUpdateInput, { intake }: Context): Promise<Result<FullUpdate>> {
  const { id, expectedVersion, confirmName = null } = update;
  const read = all({
    texts: readGivenTexts(update),
    definitions: await readDefinitions(definitionInputs(update.definitions), intake.admit),
    jwkDecision: readJwkDecision(update),
  });
  return read.ok ? accepted({ id, expectedVersion, confirmName, ...read.value }) : read;
}

function readDeletion(deletion: CertificateDeletionInput): Result<DeletionChange> {
  const { id, expectedVersion, confirmName = null } = deletion;
  const jwkDecision = readJwkDecision(deletion);
  return jwkDecision.ok ? accepted({ id, expectedVersion, confirmName, jwkDecision: jwkDecision.value }) : jwkDecision;
}

/** The items of a list of the input; paths of refusals begin with the list and the index in it. */
async function readList<Item, Value>(
  list: string,
  items: readonly Item[] | null | undefined,
  read: (item: Item) => Result<Value> | Promise<Result<Value>>,
): Promise<Result<readonly Value[]>> {
  return allOf(
    await Promise.all((items ?? []).map(async (item, index) => at([list, String(index)], await read(item)))),
  );
}

function payloadOf(result: Result<CertificatesAnswer>, dryRun: boolean): ChangeCertificatesPayload {
  const { certificates, deploymentId, warnings, changed } = result.ok
    ? result.value
    : { certificates: [], deploymentId: null, warnings: [], changed: false };
  return instance(ChangeCertificatesPayload, {
    // A dry run is rolled back, so its ids and contents do not exist.
    certificates: (dryRun ? [] : certificates).map(answeredCertificate),
    deploymentId,
    changed,
    dryRun,
    warnings,
    userErrors: userErrorsOf(result.ok ? [] : result.refusals),
  });
}
