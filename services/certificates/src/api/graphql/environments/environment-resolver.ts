import { parseEnvironmentName } from '@trustcast/schema';
import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { checkIdempotencyKey, checkName } from '../../../features/records/certificate-input.js';
import type { Refusal } from '../../../features/records/refusal.js';
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
    const [record] = isName(name) ? await environmentsByName(reads, [name]) : [];
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
    const plan = isName(environment) ? await epochPlan(database, environment) : null;
    return plan && advanceEpochPlanOf(plan);
  }

  @Mutation(() => EnvironmentPayload, { description: 'Creates an environment.' })
  async createEnvironment(
    @Arg('input', () => CreateEnvironmentInput, { description: 'The environment to create.' })
    input: CreateEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const { name, kind } = input;
    const title = checkName(input.title ?? name, 'title');
    const refusals: Refusal[] = [];
    if (!isName(name))
      refusals.push({
        code: 'INVALID_INPUT',
        message: 'must be 1 to 63 characters of a-z, 0-9 and -',
        field: ['name'],
      });
    const key = checkIdempotencyKey(input.idempotencyKey);
    if (typeof key !== 'string') refusals.push(key);
    if (typeof title !== 'string') return environmentPayload({ refusals: [...refusals, title] });
    if (refusals.length > 0) return environmentPayload({ refusals });
    const request = requestOf(context, 'createEnvironment', input);
    return environmentPayload(await createEnvironment(context.database, request, { name, title, kind }));
  }

  @Mutation(() => EnvironmentPayload, { description: 'Changes the title of an environment.' })
  async updateEnvironment(
    @Arg('input', () => UpdateEnvironmentInput, { description: 'The change to make.' }) input: UpdateEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const title = checkName(input.title, 'title');
    if (typeof title !== 'string') return environmentPayload({ refusals: [title] });
    const name = isName(input.name) ? input.name : '';
    return environmentPayload(await updateEnvironment(context.database, context, { name, title }));
  }

  @Mutation(() => EnvironmentPayload, {
    description: 'Deletes an environment that has no certificates, JWKs or agents and is not built in.',
  })
  async deleteEnvironment(
    @Arg('input', () => DeleteEnvironmentInput, { description: 'The environment to delete.' })
    input: DeleteEnvironmentInput,
    @Ctx() context: Context,
  ): Promise<EnvironmentPayload> {
    const name = isName(input.name) ? input.name : '';
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
    const reason = checkName(input.reason, 'reason');
    const name = isName(input.environment) ? input.environment : '';
    const outcome =
      typeof reason === 'string'
        ? await advanceEpoch(context.database, context, {
            name,
            expectedEpoch: input.expectedEpoch,
            reason,
            retrust: input.retrust.map((fingerprint) => fingerprint.replaceAll(':', '').toLowerCase()),
            confirmUnknown: input.confirmUnknown,
          })
        : { refusals: [reason] };
    if ('refusals' in outcome)
      return instance(AdvanceEpochPayload, {
        environment: null,
        deploymentId: null,
        refused: name,
        changed: false,
        userErrors: userErrorsOf(outcome.refusals),
      });
    const { environmentId, deploymentId } = outcome.answer;
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

function isName(name: string): boolean {
  try {
    return parseEnvironmentName(name) === name;
  } catch {
    return false;
  }
}
