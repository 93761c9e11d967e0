import type { Position } from '@trustcast/schema';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, edgeType } from '../shape/connection.js';
import { DateTime } from '../shape/date-time.js';
import {
  type DeploymentState as State,
  type EnvironmentProgress,
  type HostProgress,
} from '../../../features/deployments/rules/deployment-progress.js';
import type { HostState as HostStateName } from '../../../features/records/agent-record.js';
import type { DeployedPosition } from '../../../features/deployments/deploy.js';
import { readDeployments } from '../../../features/deployments/sql/read-deployment.js';
import type { Sql } from '../../../platform/postgres/statement.js';
import { Agent, HostState, agentOf } from '../agents/agent.js';
import { Jvm, jvmFields } from '../agents/jvm.js';
import { ID } from '../shape/id.js';
import { instance } from '../shape/instance.js';
import { Node } from '../shape/node.js';

export const DeploymentState = {
  PENDING: 'PENDING',
  WRITTEN: 'WRITTEN',
  LIVE: 'LIVE',
  FAILED: 'FAILED',
  UNREACHABLE: 'UNREACHABLE',
  NO_TARGETS: 'NO_TARGETS',
} as const satisfies { [S in State]: S };
registerEnumType(DeploymentState, {
  name: 'DeploymentState',
  description: 'State of a deployment in one environment.',
  valuesConfig: {
    PENDING: { description: 'At least one host has not written the change.' },
    WRITTEN: {
      description:
        'Every host has written the change; at least one JVM has not proven it, or there is no JVM, as with gateways.',
    },
    LIVE: { description: 'Every counted host has written the change, and every JVM has proven it.' },
    FAILED: { description: 'A host or a JVM cannot use the change. The targets give the reasons.' },
    UNREACHABLE: {
      description:
        'A counted host has not reported recently, so success is unknown. Bring the host back or set it aside.',
    },
    NO_TARGETS: { description: 'No host was there to receive the change, which is not success.' },
  },
});

@ObjectType({
  description:
    'Numbers of the hosts that were registered when the deployment was made, reachable or not. Hosts that were set aside are counted separately.',
})
export class HostCounts {
  @Field(() => Int, { description: 'Number of all counted hosts.' })
  total!: number;
  @Field(() => Int, { description: 'Number of hosts that have written the change.' })
  written!: number;
  @Field(() => Int, { description: 'Number of hosts that cannot write the change.' })
  failed!: number;
  @Field(() => Int, { description: 'Number of hosts that have not reported recently, whatever they reported before.' })
  unreachable!: number;
  @Field(() => Int, {
    description: 'Number of hosts that do not list all of their JVMs, which keeps the deployment from LIVE.',
  })
  incomplete!: number;
  @Field(() => Int, { description: 'Number of hosts that were set aside. No other number includes them.' })
  setAside!: number;
  @Field(() => Int, {
    description:
      'Number of hosts whose token was issued and that never registered. They receive nothing, and no other number includes them; the targets list them.',
  })
  unregistered!: number;
}

@ObjectType({ description: 'Numbers of the selected JVMs that were running when the deployment was made.' })
export class JvmCounts {
  @Field(() => Int, { description: 'Number of these JVMs that are still running.' })
  total!: number;
  @Field(() => Int, { description: 'Number of JVMs that have proven the change.' })
  live!: number;
  @Field(() => Int, { description: 'Number of JVMs that cannot use the change.' })
  failed!: number;
  @Field(() => Int, { description: 'Number of JVMs that cannot be managed.' })
  unsupported!: number;
  @Field(() => Int, { description: 'Number of JVMs that started after the deployment. No other number includes them.' })
  joined!: number;
}

@ObjectType({ description: 'The state of a JVM in one deployment.' })
export class DeploymentJvm extends Jvm {
  @Field(() => ID, {
    description: 'Id unique for each pair of deployment and JVM; the JVM of the agent has a different id.',
  })
  declare id: string;
  @Field(() => Boolean, { description: 'Whether the JVM has proven this deployment or a later one.' })
  live!: boolean;
  @Field(() => Boolean, { description: 'Whether the JVM appeared after the deployment was made.' })
  joined!: boolean;
}

@ObjectType({ description: 'The state of a host in one deployment.' })
export class DeploymentTarget {
  @Field(() => Agent, { description: 'Agent of the host.' })
  agent!: Agent;
  @Field(() => HostState, {
    description: 'State of the host: WRITTEN once it has written this deployment or a later one.',
  })
  state!: HostStateName;
  @Field(() => String, {
    nullable: true,
    description: 'Reason for the state: a code, optionally followed by a detail.',
  })
  reason!: string | null;
  @Field(() => Boolean, {
    description:
      'Whether the host registered after the deployment was made, or has not yet. Its state is shown nevertheless; no number of hosts includes it.',
  })
  joined!: boolean;
  @Field(() => [DeploymentJvm], {
    description: 'Selected JVMs of the host that its report lists, at most 1,000. Empty for a silent host that joined.',
  })
  jvms!: readonly DeploymentJvm[];
}

@ObjectType({ description: 'A host of a deployment with its cursor.' })
export class DeploymentTargetEdge extends edgeType(() => DeploymentTarget) {}

@ObjectType({ description: 'A page of the hosts of a deployment.' })
export class DeploymentTargetConnection extends connectionType(
  () => DeploymentTarget,
  () => DeploymentTargetEdge,
  'sorted by name of the agent',
) {
  @Field(() => Int, { description: 'Number of hosts on all pages.' })
  totalCount!: number;
}

@ObjectType({ description: 'Progress of a deployment in one environment.' })
export class DeploymentEnvironment {
  deploymentId!: string;
  environmentId!: string;
  /** null: not read yet. */
  progress!: EnvironmentProgress | null;
  /** null: not read yet. */
  targetRecords!: readonly HostProgress[] | null;

  @Field(() => Int, { description: 'Epoch that the deployment created.' })
  epoch!: number;
  @Field(() => Int, { description: 'Revision that the deployment created.' })
  revision!: number;
}

@ObjectType({ implements: Node, description: 'A change that is being distributed to JVMs.' })
export class Deployment extends Node {
  @Field(() => DateTime, { description: 'Time at which the deployment was made.' })
  createdAt!: string;
  @Field(() => [DeploymentEnvironment], { description: 'Progress in each environment.' })
  environments!: readonly DeploymentEnvironment[];
}

/** Those of the deployments that there are; their progress is read when somebody asks. */
export async function loadDeployments(sql: Sql, ids: readonly string[]): Promise<Deployment[]> {
  const records = await readDeployments(sql, ids);
  return ids.flatMap((id) => {
    const own = records.filter((record) => record.id === id);
    const environments = own.map((record) => deploymentEnvironment({ ...record, deploymentId: id }));
    const createdAt = own[0]?.createdAt;
    return createdAt === undefined ? [] : [instance(Deployment, { id, createdAt, environments })];
  });
}

export function deploymentEnvironment({
  deploymentId,
  environmentId,
  epoch,
  revision,
}: Position & { deploymentId: string; environmentId: string }): DeploymentEnvironment {
  const unread = { progress: null, targetRecords: null };
  return instance(DeploymentEnvironment, { deploymentId, environmentId, epoch, revision, ...unread });
}

/** null: there is none. */
export async function loadDeployment(sql: Sql, id: string): Promise<Deployment | null> {
  return (await loadDeployments(sql, [id]))[0] ?? null;
}

/** Creates a deployment that was just made; its positions need no query. */
export function newDeployment(id: string, deployed: readonly DeployedPosition[]): Deployment {
  const environments = deployed.map((position) => deploymentEnvironment({ ...position, deploymentId: id }));
  const createdAt = deployed[0]?.createdAt.toISOString() ?? '';
  return instance(Deployment, { id, createdAt, environments });
}

export function deploymentTarget(
  deploymentId: string,
  { agent, state, reason, joined, jvms }: HostProgress,
): DeploymentTarget {
  const deploymentJvm = ({ jvm, live, joined }: HostProgress['jvms'][number]) => {
    const fields = jvmFields(agent.id, jvm);
    return instance(DeploymentJvm, { ...fields, id: `${deploymentId}/${fields.id}`, live, joined });
  };
  return instance(DeploymentTarget, {
    agent: agentOf(agent),
    state,
    reason,
    joined,
    jvms: jvms.map(deploymentJvm),
  });
}
