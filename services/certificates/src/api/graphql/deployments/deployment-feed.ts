import { type GraphQLResolveInfo, visit } from 'graphql';
import { changeFeed } from '../shape/change-feed.js';
import type { Context } from '../context.js';
import type { Deployment } from './deployment.js';
import { progressOf, targetsOf } from './deployment-environment-resolver.js';

/**
 * A deployment's progress: as it is, and after every change.
 *
 * @param read answers the deployment; null: there is none yet; undefined: there will be none, which ends the feed
 * @param environmentId null: whichever the deployment has
 * @param info the operation: only one that asks for targets has them read
 */
export function deploymentFeed(
  context: Context,
  info: GraphQLResolveInfo,
  environmentId: string | null,
  read: () => Promise<Deployment | null | undefined>,
): AsyncGenerator<Deployment | null, void, undefined> {
  const { notifications } = context;
  const withTargets = asksForTargets(info);
  let environments = new Set<string>();
  return changeFeed(
    (look) => [
      notifications.on('trustcast_status', (id) => environments.has(id) && look()),
      notifications.on('trustcast_revisions', (id) => id === environmentId && look()),
      notifications.on('trustcast_agents', look),
      notifications.onResumed(look),
    ],
    async () => {
      const deployment = await read();
      environments = new Set(deployment?.environments.map(({ environmentId: id }) => id));
      return deployment && withProgress(deployment, context, withTargets);
    },
  );
}

/** What was read stays with the deployment: two of them differ when their progress does. */
async function withProgress(deployment: Deployment, context: Context, withTargets: boolean): Promise<Deployment> {
  await Promise.all(
    deployment.environments.map(async (environment) => {
      const [progress, targets] = await Promise.all([
        progressOf(environment, context),
        withTargets ? targetsOf(environment, context) : null,
      ]);
      environment.progress = progress;
      environment.targetRecords = targets;
    }),
  );
  return deployment;
}

function asksForTargets({ operation, fragments }: GraphQLResolveInfo): boolean {
  let asks = false;
  for (const node of [operation, ...Object.values(fragments)])
    visit(node, { Field: ({ name }) => void (asks ||= name.value === 'targets') });
  return asks;
}
