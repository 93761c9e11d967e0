import { Ctx, Field, FieldResolver, ObjectType, Resolver, Root } from 'type-graphql';
import type { EnvironmentAnswer } from '../../../features/environments/change-environment.js';
import type { Result } from '../../../features/records/result.js';
import { epochPlan } from '../../../features/epochs/advance-epoch.js';
import { CHANGED_DESCRIPTION } from '../certificates/certificate-payload.js';
import type { Context } from '../context.js';
import { Deployment, loadDeployment } from '../deployments/deployment.js';
import { instance } from '../shape/instance.js';
import { UserError } from '../user-errors/user-error.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { AdvanceEpochPlan, advanceEpochPlanOf } from './advance-epoch-plan.js';
import { Environment } from './environment.js';

@ObjectType({ description: 'Result of changing an environment.' })
export class EnvironmentPayload {
  @Field(() => Environment, {
    nullable: true,
    description: 'The environment after the change, or before its deletion. Null if the change was refused.',
  })
  environment!: Environment | null;

  @Field(() => Boolean, { description: CHANGED_DESCRIPTION })
  changed!: boolean;

  @Field(() => [UserError], { description: 'Reasons the change was refused; empty on success.' })
  userErrors!: UserError[];
}

@ObjectType({ description: 'Result of advancing an epoch.' })
export class AdvanceEpochPayload extends EnvironmentPayload {
  deploymentId!: string | null;
  /** Name of the environment of a refused request. */
  refused!: string | null;
}

export function environmentPayload(result: Result<EnvironmentAnswer>): EnvironmentPayload {
  if (!result.ok)
    return instance(EnvironmentPayload, {
      environment: null,
      changed: false,
      userErrors: userErrorsOf(result.refusals),
    });
  const { changed = true, ...environment } = result.value;
  return instance(EnvironmentPayload, { environment: instance(Environment, environment), changed, userErrors: [] });
}

@Resolver(() => AdvanceEpochPayload)
export class AdvanceEpochPayloadResolver {
  @FieldResolver(() => Deployment, {
    nullable: true,
    description: 'Progress of the new epoch, or null if the epoch was not advanced.',
  })
  deployment(
    @Root() { deploymentId }: AdvanceEpochPayload,
    @Ctx() { reads }: Context,
  ): Promise<Deployment | null> | null {
    return deploymentId === null ? null : loadDeployment(reads, deploymentId);
  }

  @FieldResolver(() => AdvanceEpochPlan, {
    nullable: true,
    description:
      'What the refused advance would do now. Null if the epoch was advanced, or there is no such environment.',
  })
  async plan(@Root() { refused }: AdvanceEpochPayload, @Ctx() { database }: Context): Promise<AdvanceEpochPlan | null> {
    const plan = refused === null ? null : await epochPlan(database, refused);
    return plan && advanceEpochPlanOf(plan);
  }
}
