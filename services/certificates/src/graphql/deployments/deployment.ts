import type { Position } from '@trustcast/schema';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionType, edgeType } from '../connection.js';
import { DateTime } from '../date-time.js';
import {
  type DeploymentState as State,
  type EnvironmentProgress,
  type HostProgress,
} from '../../domain/deployment-progress.js';
import type { HostState as HostStateName } from '../../domain/agent-record.js';
import type { DeployedPosition } from '../../postgres/deploy.js';
import { readDeployments } from '../../postgres/read-deployment.js';
import type { Sql } from '../../postgres/statement.js';
import { Agent, HostState, Jvm, agentOf, jvmFields } from '../agents/agent.js';
import { ID } from '../id.js';
import { instance } from '../instance.js';
import { Node } from '../node.js';

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
  description: 'How far a deployment is in one environment.',
  valuesConfig: {
    PENDING: { description: 'Not every host has written it.' },
    WRITTEN: { description: 'Every host has written it; not every JVM has proven it.' },
    LIVE: { description: 'Every host that counts has written it, and every JVM has proven it.' },
    FAILED: { description: 'A host or a JVM cannot use it; the targets say why.' },
    UNREACHABLE: {
      description:
        'A host that counts has not been heard lately, which is not success: set it aside, or bring it back.',
    },
    NO_TARGETS: { description: 'Nobody was there to receive it, which is not success.' },
  },
});

@ObjectType({
  description:
    'The hosts that were registered when the deployment was made, heard or not; those set aside are beside them.',
})
export class HostCounts {
  @Field(() => Int, { description: 'All of them.' })
  total!: number;
  @Field(() => Int, { description: 'Those that have written it.' })
  written!: number;
  @Field(() => Int, { description: 'Those that cannot.' })
  failed!: number;
  @Field(() => Int, { description: 'Those that the service has not heard of lately, whatever they said before.' })
  unreachable!: number;
  @Field(() => Int, { description: 'Those that do not list all of their JVMs: they keep it from LIVE.' })
  incomplete!: number;
  @Field(() => Int, { description: 'Hosts that were set aside by hand; they are in no other count.' })
  setAside!: number;
  @Field(() => Int, {
    description:
      'Hosts whose token was issued and that never registered: they get nothing, and are in no other count. The targets name them.',
  })
  unregistered!: number;
}

@ObjectType({ description: 'The selected JVMs that were there when the deployment was made.' })
export class JvmCounts {
  @Field(() => Int, { description: 'Those of them that still run.' })
  total!: number;
  @Field(() => Int, { description: 'Those that have proven it.' })
  live!: number;
  @Field(() => Int, { description: 'Those that cannot use it.' })
  failed!: number;
  @Field(() => Int, { description: 'Those that cannot be managed.' })
  unsupported!: number;
  @Field(() => Int, { description: 'JVMs that joined since; they are in no other count.' })
  joined!: number;
}

@ObjectType({ description: 'A JVM in the light of one deployment.' })
export class DeploymentJvm extends Jvm {
  @Field(() => ID, { description: 'Unique for each deployment and JVM; the JVM of the agent has an id of its own.' })
  declare id: string;
  @Field(() => Boolean, { description: 'It has proven this deployment, or a later one.' })
  live!: boolean;
  @Field(() => Boolean, { description: 'It came after the deployment was made.' })
  joined!: boolean;
}

@ObjectType({ description: 'A host in the light of one deployment.' })
export class DeploymentTarget {
  @Field(() => Agent, { description: 'Its agent.' })
  agent!: Agent;
  @Field(() => HostState, { description: 'WRITTEN when it has written this deployment, or a later one.' })
  state!: HostStateName;
  @Field(() => String, { nullable: true, description: 'Why; a code, with or without a detail.' })
  reason!: string | null;
  @Field(() => Boolean, { description: 'It came after the deployment was made, or has not come yet: no count has it.' })
  joined!: boolean;
  @Field(() => [DeploymentJvm], { description: 'Its selected JVMs, as far as it lists them: at most 1,000.' })
  jvms!: readonly DeploymentJvm[];
}

@ObjectType({ description: 'A host of a deployment in a list.' })
export class DeploymentTargetEdge extends edgeType(() => DeploymentTarget) {}

@ObjectType({ description: 'A page of the hosts of a deployment.' })
export class DeploymentTargetConnection extends connectionType(
  () => DeploymentTarget,
  () => DeploymentTargetEdge,
  'by name of the agent',
) {
  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}

@ObjectType({ description: 'The progress of a deployment in one environment.' })
export class DeploymentEnvironment {
  deploymentId!: string;
  environmentId!: string;
  /** null: not read yet. */
  progress!: EnvironmentProgress | null;
  /** null: not read yet. */
  targetRecords!: readonly HostProgress[] | null;

  @Field(() => Int, { description: 'Epoch that it made.' })
  epoch!: number;
  @Field(() => Int, { description: 'Revision that it made.' })
  revision!: number;
}

@ObjectType({ implements: Node, description: 'A change on its way to the JVMs.' })
export class Deployment extends Node {
  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: string;
  @Field(() => [DeploymentEnvironment], { description: 'Its progress per environment.' })
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

/** A deployment that was just made: who wants no more than its positions gets them without asking the database. */
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
