import { isEnvironmentName } from '@trustcast/schema';
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import {
  readEnvironmentName,
  readFingerprints,
  readIdempotencyKey,
  readName,
} from '../../../features/records/certificate-input.js';
import { all } from '../../../features/records/result.js';
import { advanceEpoch, epochPlan } from '../../../features/epochs/advance-epoch.js';
import { deleteEnvironment, updateEnvironment } from '../../../features/environments/change-environment.js';
import { MAX_ENVIRONMENTS, createEnvironment } from '../../../features/environments/create-environment.js';
import { allEnvironments, environmentsByName } from '../../../features/environments/sql/read-environments.js';
import { type Context, requestOf } from '../context.js';
import { instance } from '../shape/instance.js';
import { userErrorsOf } from '../user-errors/user-errors.js';
import { AdvanceEpochPlan, advanceEpochPlanOf } from './advance-epoch-plan.js';
import { Environment } from './environment.js';
import {
  AdvanceEpochInput,
  CreateEnvironmentInput,
  DeleteEnvironmentInput,
  UpdateEnvironmentInput,
} from './environment-inputs.js';
import { AdvanceEpochPayload, EnvironmentPayload, environmentPayload } from './environment-payload.js';

@Resolver(() => Environment)
export class EnvironmentResolver {
  @Query(() => [Environment], {
    description: `Lists all environments by name, at most ${MAX_ENVIRONMENTS.toLocaleString('en')}.`,
  })
  async environments(@Ctx() { reads }: Context): Promise<Environment[]> {
    return (await allEnvironments(reads)).map((record) => instance(Environment, record));
  }

  @Query(() => Environment, {
    nullable: true,
    description: 'Returns one environment by name. Null if it does not exist.',
  })
  async environment(
    @Arg('name', () => String, { description: 'Name of the environment.' }) name: string,
    @Ctx() { reads }: Context,
  ): Promise<Environment | null> {
    const [record] = isEnvironmentName(name) ? await environmentsByName(reads, [name]) : [];
    return record ? instance(Environment, record) : null;
  }

  @Query(() => AdvanceEpochPlan, {
    nullable: true,
    description:
      'What advancing the epoch of an environment would undo on its hosts, after a restore from a backup. Null if there is no such environment.',
  })
  async advanceEpochPlan(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) environment: string,
    @Ctx() { database }: Context,
  ): Promise<AdvanceEpochPlan | null> {
    const plan = isEnvironmentName(environment) ? await epochPlan(database, environment) : null;
    return plan && advanceEpochPlanOf(plan);
  }

  @Mutation(() => EnvironmentPayload, { description: 'Creates an environment.' })
  async createEnvironment(
    @Arg('input', () => CreateEnvironmentInput, { description: 'The environment to create.' })
    input: CreateEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const read = all({
      name: readEnvironmentName(input.name),
      key: readIdempotencyKey(input.idempotencyKey),
      title: readName(input.title ?? input.name, 'title'),
    });
    if (!read.ok) return environmentPayload(read);
    const { name, title } = read.value;
    const request = requestOf(context, 'createEnvironment', input);
    return environmentPayload(await createEnvironment(context.database, request, { name, title, kind: input.kind }));
  }

  @Mutation(() => EnvironmentPayload, { description: 'Changes the title of an environment.' })
  async updateEnvironment(
    @Arg('input', () => UpdateEnvironmentInput, { description: 'The change to make.' }) input: UpdateEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const title = readName(input.title, 'title');
    if (!title.ok) return environmentPayload(title);
    const name = isEnvironmentName(input.name) ? input.name : '';
    return environmentPayload(await updateEnvironment(context.database, context, { name, title: title.value }));
  }

  @Mutation(() => EnvironmentPayload, {
    description: 'Deletes an environment that has no certificates, JWKs or agents and is not built in.',
  })
  async deleteEnvironment(
    @Arg('input', () => DeleteEnvironmentInput, { description: 'The environment to delete.' })
    input: DeleteEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const name = isEnvironmentName(input.name) ? input.name : '';
    return environmentPayload(await deleteEnvironment(context.database, context, { name }));
  }

  @Mutation(() => AdvanceEpochPayload, {
    description:
      'Confirms that the database is authoritative although agents are ahead of it, after a restore from a backup. Every host then takes the set that the database holds. `advanceEpochPlan` shows what would be trusted again, and `retrust` confirms it.',
  })
  async advanceEpoch(
    @Arg('input', () => AdvanceEpochInput, { description: 'The confirmation.' }) input: AdvanceEpochInput,
    @Ctx() context: Context,
  ): Promise<AdvanceEpochPayload> {
    const name = isEnvironmentName(input.environment) ? input.environment : '';
    const read = all({ reason: readName(input.reason, 'reason'), retrust: readFingerprints(input.retrust, 'retrust') });
    const { expectedEpoch, confirmUnknown } = input;
    const result = read.ok
      ? await advanceEpoch(context.database, context, { name, expectedEpoch, confirmUnknown, ...read.value })
      : read;
    if (!result.ok)
      return instance(AdvanceEpochPayload, {
        environment: null,
        deploymentId: null,
        refused: name,
        changed: false,
        userErrors: userErrorsOf(result.refusals),
      });
    const { environmentId, deploymentId } = result.value;
    const environment = await context.environments.load(environmentId);
    return instance(AdvanceEpochPayload, {
      environment,
      deploymentId,
      refused: null,
      changed: true,
      userErrors: [],
    });
  }
}
