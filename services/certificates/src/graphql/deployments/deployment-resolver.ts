import { Arg, Ctx, ID, Query, Resolver, Root, Subscription } from 'type-graphql';
import { isUuid } from '../../domain/is-uuid.js';
import type { Context } from '../context.js';
import { Deployment, loadDeployment } from './deployment.js';
import { deploymentFeed } from './deployment-feed.js';

@Resolver(() => Deployment)
export class DeploymentResolver {
  @Query(() => Deployment, { nullable: true, description: 'One deployment and its progress; null: there is none.' })
  deployment(
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
    @Ctx() { database }: Context,
  ): Promise<Deployment | null> | null {
    return isUuid(id) ? loadDeployment(database, id.toLowerCase()) : null;
  }

  @Subscription(() => Deployment, {
    description: 'The progress of a deployment: as it is, and after every change of it. Over the graphql-ws protocol.',
    subscribe: ({ args, context }: { args: { id: string }; context: Context }) => {
      const { database, notifications } = context;
      const { id } = args;
      return deploymentFeed(database, notifications, isUuid(id) ? id.toLowerCase() : NOBODY);
    },
  })
  deploymentProgress(
    @Arg('id', () => ID, { description: 'Its id.' }) _id: string,
    @Root() deployment: Deployment,
  ): Deployment {
    return deployment;
  }
}

const NOBODY = '00000000-0000-0000-0000-000000000000';
