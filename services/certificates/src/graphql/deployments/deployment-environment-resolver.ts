import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import {
  type EnvironmentProgress,
  type HostProgress,
  environmentProgress,
  environmentTargets,
} from '../../domain/deployment-progress.js';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import {
  DeploymentEnvironment,
  DeploymentState,
  DeploymentTarget,
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

  @FieldResolver(() => DeploymentState, { description: 'How far it is.' })
  async state(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).state;
  }

  @FieldResolver(() => HostCounts, { description: 'Hosts, counted.' })
  async hosts(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).hosts;
  }

  @FieldResolver(() => JvmCounts, { description: 'JVMs, counted.' })
  async jvms(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await progressOf(root, context)).jvms;
  }

  @FieldResolver(() => [DeploymentTarget], { description: 'Every host with its JVMs, and why it is where it is.' })
  async targets(@Root() root: DeploymentEnvironment, @Ctx() context: Context) {
    return (await targetsOf(root, context)).map((target) => deploymentTarget(root.deploymentId, target));
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
