import { isEnvironmentName } from '@trustcast/schema';
import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { readFingerprints, readIdempotencyKey } from '../../../features/records/certificate-input.js';
import { all } from '../../../features/records/result.js';
import type { Database } from '../../../platform/postgres/database.js';
import { rollbackEnvironment, rollbackPlan } from '../../../features/rollback/rollback-environment.js';
import { badInput } from '../errors/bad-input.js';
import { Warning } from '../certificates/certificate-payload.js';
import { type Context, requestOf } from '../context.js';
import { Deployment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { readJwkDecision } from '../jwks/jwk-decision-input.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { RollbackEnvironmentInput, RollbackPayload, RollbackPlan, rollbackPlanOf } from './rollback.js';
import { Environment } from '../environments/environment.js';

@Resolver()
export class RollbackResolver {
  @Query(() => RollbackPlan, {
    nullable: true,
    description:
      'Returns the differences between an environment and one of its past revisions, and the steps to return to it. An environment or a revision that does not exist is an error that says which revisions there are.',
  })
  async rollbackPlan(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Arg('revision', () => Int, { description: 'The past revision; 0 is the state before the first.' })
    revision: number,
    @Ctx() { database }: Context,
  ): Promise<RollbackPlan | null> {
    const plan = await planNow(database, { environment, revision });
    if (!('revisions' in plan)) return rollbackPlanOf(plan);
    const { revisions } = plan;
    throw badInput(
      revisions === null
        ? `there is no environment ${JSON.stringify(environment.slice(0, 63))}`
        : `environment ${environment} has no revision ${revision}; it has ${revisions.first} to ${revisions.last}`,
    );
  }

  @Mutation(() => RollbackPayload, {
    description:
      'Returns an environment to the certificates of a past revision as one new revision. All checks of ordinary changes apply.',
  })
  async rollbackEnvironment(
    @Arg('input', () => RollbackEnvironmentInput, { description: 'The environment and the revision to return to.' })
    input: RollbackEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<RollbackPayload> {
    const read = all({
      key: readIdempotencyKey(input.idempotencyKey),
      jwkDecision: readJwkDecision(input),
      retrust: readFingerprints(input.retrust, 'retrust'),
    });
    const { revision, expectedRevision, confirmName = null } = input;
    const result = read.ok
      ? await rollbackEnvironment(context.database, requestOf(context, 'rollbackEnvironment', input), {
          environment: isEnvironmentName(input.environment) ? input.environment : '',
          ...{ revision, expectedRevision, confirmName },
          retrust: read.value.retrust,
          jwkDecision: read.value.jwkDecision,
        })
      : read;
    return result.ok
      ? instance(RollbackPayload, {
          ...result.value,
          warnings: result.value.warnings.map((warning) => instance(Warning, warning)),
          refused: null,
          userErrors: [],
        })
      : instance(RollbackPayload, {
          environmentId: null,
          deploymentId: null,
          warnings: [],
          refused: { environment: input.environment, revision },
          userErrors: userErrorsOf(result.refusals),
        });
  }
}

@Resolver(() => RollbackPayload)
export class RollbackPayloadResolver {
  @FieldResolver(() => Environment, {
    nullable: true,
    description: 'The environment, or null if the rollback was refused.',
  })
  environment(@Root() { environmentId }: RollbackPayload, @Ctx() { environments }: Context) {
    return environmentId === null ? null : environments.load(environmentId);
  }

  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the deployment, or null if nothing changed.',
  })
  deployment(
    @Root() { deploymentId }: RollbackPayload,
    @Ctx() { deployments }: Context,
  ): Promise<Deployment | null> | null {
    return deploymentId === null ? null : deployments.load(deploymentId);
  }

  @FieldResolver(() => RollbackPlan, {
    nullable: true,
    description:
      'The current plan of a refused rollback. Null if the rollback was made or the revision does not exist.',
  })
  async plan(@Root() { refused }: RollbackPayload, @Ctx() { database }: Context): Promise<RollbackPlan | null> {
    const plan = refused && (await planNow(database, refused));
    return plan && !('revisions' in plan) ? rollbackPlanOf(plan) : null;
  }
}

async function planNow(
  database: Database,
  { environment, revision }: { readonly environment: string; readonly revision: number },
) {
  return isEnvironmentName(environment) ? rollbackPlan(database, environment, revision) : { revisions: null };
}
