import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { EnvironmentProgress } from '../../domain/deployment-progress.js';
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
    return (await progressOf(root, context)).targets.map(deploymentTarget);
  }
}

async function progressOf(
  { deploymentId, environmentId, progress }: DeploymentEnvironment,
  { deployments }: Context,
): Promise<EnvironmentProgress> {
  if (progress) return progress;
  const deployment = await deployments.load(deploymentId);
  const found = deployment?.environments.find((environment) => environment.environmentId === environmentId)?.progress;
  if (!found) throw new Error('a deployment whose environment is gone');
  return found;
}
