import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import {
  type EnvironmentProgress,
  type HostProgress,
  environmentProgress,
  environmentTargets,
} from '../../../features/deployments/rules/deployment-progress.js';
import { rowsFromList } from '../../../features/records/paging/page.js';
import { decodeTextCursor, encodeTextCursor } from '../../../features/records/paging/text-cursor.js';
import { PageArguments, connectionOf, readPage } from '../shape/connection.js';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';
import { Environment } from '../environments/environment.js';
import {
  DeploymentEnvironment,
  DeploymentState,
  DeploymentTargetConnection,
  DeploymentTargetEdge,
  HostCounts,
  JvmCounts,
  deploymentTarget,
} from './deployment.js';

@Resolver(() => DeploymentEnvironment)
export class DeploymentEnvironmentResolver {
  @FieldResolver(() => Environment, { description: 'The environment.' })
  environment(@Root() { environmentId }: DeploymentEnvironment, @Ctx() { environments }: Context) {
    return environments.load(environmentId);
  }

  @FieldResolver(() => DeploymentState, { description: 'State of the deployment in the environment.' })
  async state(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).state;
  }

  @FieldResolver(() => HostCounts, { description: 'Numbers of hosts by state.' })
  async hosts(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).hosts;
  }

  @FieldResolver(() => JvmCounts, { description: 'Numbers of JVMs by state.' })
  async jvms(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).jvms;
  }

  @FieldResolver(() => DeploymentTargetConnection, {
    description: 'Lists the hosts with their JVMs and the reasons for their states.',
  })
  async targets(
    @Root() root: DeploymentEnvironment,
    @Args(() => PageArguments) given: PageArguments,
    @Ctx() context: Context,
  ): Promise<DeploymentTargetConnection> {
    const page = readPage(given, (text) => decodeTextCursor('target', 1, text)?.[0]);
    const all = await targetsOf(root, context);
    const rows = rowsFromList(all, page, ({ agent }) => agent.name);
    const nodeOf = (target: HostProgress) => deploymentTarget(root.deploymentId, target);
    const cursorOf = ({ agent }: HostProgress) => encodeTextCursor('target', agent.name);
    const fields = connectionOf(DeploymentTargetEdge, rows, page, { nodeOf, cursorOf });
    return instance(DeploymentTargetConnection, { ...fields, totalCount: all.length });
  }
}

type Fleets = Pick<Context, 'fleets' | 'fleetAgents'>;

export async function progressOf(root: DeploymentEnvironment, { fleets }: Fleets): Promise<EnvironmentProgress> {
  return (
    root.progress ??
    environmentProgress(
      root,
      (await fleets.load(root.environmentId)) ?? {
        hosts: [],
        jvms: [],
        setAside: 0,
        unregistered: 0,
      },
    )
  );
}

export async function targetsOf(
  root: DeploymentEnvironment,
  { fleetAgents }: Fleets,
): Promise<readonly HostProgress[]> {
  return root.targetRecords ?? environmentTargets(root, (await fleetAgents.load(root.environmentId)) ?? []);
}
