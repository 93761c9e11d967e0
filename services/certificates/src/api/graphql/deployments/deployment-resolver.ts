import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Query, Resolver, Root, Subscription } from 'type-graphql';
import { ID } from '../shape/id.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import { readHead } from '../../../features/deployments/sql/read-deployment.js';
import { environmentsByName } from '../../../features/environments/sql/read-environments.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import type { Context } from '../context.js';
import { Deployment, loadDeployment } from './deployment.js';
import { deploymentFeed } from './deployment-feed.js';

interface Subscribed<Args> {
  readonly args: Args;
  readonly context: Context;
  readonly info: GraphQLResolveInfo;
}

@Resolver(() => Deployment)
export class DeploymentResolver {
  @Query(() => Deployment, {
    nullable: true,
    description: 'Returns one deployment with its progress. Null if it does not exist.',
  })
  deployment(
    @Arg('id', () => ID, { description: 'Id of the deployment.' }) id: string,
    @Ctx() { reads }: Context,
  ): Promise<Deployment | null> | null {
    return isUuid(id) ? loadDeployment(reads, id.toLowerCase()) : null;
  }

  @Subscription(() => Deployment, {
    description: 'Emits the progress of a deployment at once and after every change.',
    subscribe: ({ args, context, info }: Subscribed<{ id: string }>) => {
      const id = isUuid(args.id) ? args.id.toLowerCase() : NOBODY;
      return deploymentFeed(context, info, null, async () => (await loadDeployment(context.reads, id)) ?? undefined);
    },
  })
  deploymentProgress(
    @Arg('id', () => ID, { description: 'Id of the deployment.' }) _id: string,
    @Root() deployment: Deployment,
  ): Deployment {
    return deployment;
  }

  @Subscription(() => Deployment, {
    nullable: true,
    description:
      'Emits the progress of the latest deployment of an environment, switching to each newer one. Null before the first deployment. Completes if the environment does not exist.',
    subscribe: async ({ args, context, info }: Subscribed<{ environment: string }>) => {
      const { reads } = context;
      const id = await environmentId(reads, args.environment);
      return deploymentFeed(context, info, id, () => loadLatest(reads, id));
    },
  })
  latestDeployment(
    @Arg('environment', () => String, { description: 'Name of the environment.' }) _environment: string,
    @Root() deployment: Deployment | null,
  ): Deployment | null {
    return deployment;
  }
}

async function environmentId(sql: Sql, name: string): Promise<string> {
  const [environment] = name.includes('\0') ? [] : await environmentsByName(sql, [name]);
  return environment?.id ?? NOBODY;
}

async function loadLatest(sql: Sql, id: string): Promise<Deployment | null | undefined> {
  const environment = await readHead(sql, id);
  return environment && (environment.head === null ? null : loadDeployment(sql, environment.head));
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
