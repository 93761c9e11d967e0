import {
  HOST_FACTS,
  type HostFacts,
  JVM_STATES,
  type JvmState as ReportedJvmState,
  factsOf,
  hostFacts,
} from '@trustcast/schema';
import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { Node } from '../shape/node.js';
import { instance } from '../shape/instance.js';
import {
  type AgentRecord,
  type HostState as State,
  hostState,
  incompleteReason,
} from '../../../features/records/agent-record.js';
import { Jvm, JvmState, jvmFields } from './jvm.js';
import { Quarantine, QuarantinedCertificate } from './quarantine.js';

export const HostState = {
  UNREGISTERED: 'UNREGISTERED',
  PENDING: 'PENDING',
  RECEIVED: 'RECEIVED',
  WRITTEN: 'WRITTEN',
  FAILED: 'FAILED',
  STALE: 'STALE',
  UNREACHABLE: 'UNREACHABLE',
  DIVERGED: 'DIVERGED',
  REVOKED: 'REVOKED',
} as const satisfies { [S in State]: S };
registerEnumType(HostState, {
  name: 'HostState',
  description:
    'State of a host in a deployment. A host that has written its truststore has not necessarily made any JVM trust it.',
  valuesConfig: {
    UNREGISTERED: { description: 'The token was issued and the agent never registered: the host receives nothing.' },
    PENDING: { description: 'The host has not written this deployment yet.' },
    RECEIVED: { description: 'The host accepted a change and has not written it yet.' },
    WRITTEN: { description: 'The host has written its truststore.' },
    FAILED: {
      description:
        'The host cannot write its truststore, or another host uses the same key. The reason explains which.',
    },
    STALE: { description: 'The host has not received the current statement recently.' },
    UNREACHABLE: { description: 'The service has not heard from the host recently.' },
    DIVERGED: { description: 'The host holds a signed statement that the database does not know.' },
    REVOKED: {
      description: 'An administrator revoked the key of the host, which neither receives nor reports anything.',
    },
  },
});

@ObjectType({ description: 'Number of messages that an agent refused for one reason.' })
export class RefusedCount {
  @Field(() => String, { description: 'Stable code of the reason.' })
  code!: string;

  @Field(() => Int, { description: 'Number of messages refused since the agent started.' })
  count!: number;
}

@ObjectType({ description: 'Number of JVMs in one state.' })
export class JvmStateCount {
  @Field(() => JvmState, { description: 'The state.' })
  state!: ReportedJvmState;

  @Field(() => Int, { description: 'Number of JVMs.' })
  count!: number;
}

@ObjectType({ description: 'What a host leaves out of its report because it has too many JVMs or status files.' })
export class LeftOut {
  @Field(() => String, {
    nullable: true,
    description: 'Reason a JVM that counts may be missing, which keeps deployments from LIVE. Null if none can be.',
  })
  reason!: string | null;

  @Field(() => [JvmStateCount], { description: 'JVMs that are not listed, counted by state.' })
  jvms!: readonly JvmStateCount[];

  @Field(() => Int, { description: 'Number of status files that were not read.' })
  files!: number;
}

@ObjectType({ description: 'Record of why a host is excluded from the counts of deployments.' })
export class SetAside {
  @Field(() => DateTime, { description: 'Time at which the host was set aside.' })
  at!: string;

  @Field(() => String, { description: 'Token that set the host aside.' })
  by!: string;

  @Field(() => String, { description: 'Reason given when the host was set aside.' })
  reason!: string;
}

@ObjectType({ description: 'Record of why the key of a host was revoked.' })
export class Revocation {
  @Field(() => DateTime, { description: 'Time at which the agent was revoked.' })
  at!: string;

  @Field(() => String, { description: 'Actor that revoked the agent.' })
  by!: string;

  @Field(() => String, { description: 'Reason given when the agent was revoked.' })
  reason!: string;
}

@ObjectType({ description: 'A second host that reports with the key of an agent, as after a machine was cloned.' })
export class DuplicateHost {
  @Field(() => String, { description: 'Host name that it reports.' })
  hostname!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Boot ID of its kernel, by which hosts of one name are told apart. Null for agents of an earlier release.',
  })
  bootId!: string | null;

  @Field(() => DateTime, { description: 'Time of its last report.' })
  lastSeenAt!: string;
}

/** Declares what agents say of their hosts. */
function HostFactFields(type: abstract new () => object): void {
  for (const name of hostFacts) {
    const { type: kind, description } = HOST_FACTS[name];
    const scalar = { NUMBER: Int, TEXT: String }[kind];
    Field(() => scalar, { nullable: true, description })(type.prototype as object, name);
  }
}

@HostFactFields
@ObjectType({ implements: Node, description: 'An agent, which manages the JVMs of one host.' })
export class Agent extends (Node as abstract new () => Node & HostFacts) {
  @Field(() => String, { description: 'Name of the agent, unique in its environment.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Host name that the agent reports.' })
  hostname!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Boot ID of the host's kernel. Null before the first report, and for agents of an earlier release.",
  })
  bootId!: string | null;

  @Field(() => DuplicateHost, {
    nullable: true,
    description:
      'Another host that reported with the same key within the last ten minutes, as after a machine was cloned. The agent is FAILED meanwhile.',
  })
  duplicate!: DuplicateHost | null;

  @Field(() => String, { nullable: true, description: 'Version of the agent.' })
  agentVersion!: string | null;

  @Field(() => DateTime, { description: "Time at which the agent's token was issued." })
  createdAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'Time of the last registration.' })
  registeredAt!: string | null;

  @Field(() => SetAside, {
    nullable: true,
    description: 'Set while the host is excluded from the counts of deployments.',
  })
  setAside!: SetAside | null;

  @Field(() => Revocation, { nullable: true, description: 'Set once the agent was revoked.' })
  revoked!: Revocation | null;

  @Field(() => HostState, { description: 'State of the host.' })
  state!: State;

  @Field(() => String, {
    nullable: true,
    description: 'Reason for the state: a code, optionally followed by a detail.',
  })
  reason!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Time of the last report.' })
  lastSeenAt!: string | null;

  @Field(() => Int, { nullable: true, description: "Epoch of the truststore on the host's disk." })
  epoch!: number | null;

  @Field(() => Int, { nullable: true, description: "Revision of the truststore on the host's disk." })
  revision!: number | null;

  @Field(() => Int, { nullable: true, description: "Number of managed certificates in the host's truststore." })
  managed!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of base CA certificates that the managed ones were merged with.',
  })
  base!: number | null;

  @Field(() => Float, { nullable: true, description: "The host's clock minus the service's clock, in milliseconds." })
  clockOffsetMs!: number | null;

  @Field(() => [RefusedCount], { description: 'Messages that the agent refused since it started, by reason.' })
  refused!: readonly RefusedCount[];

  @Field(() => [Jvm], { description: 'The JVMs of the host that its report lists, at most 1,000.' })
  jvms!: readonly Jvm[];

  @Field(() => LeftOut, {
    nullable: true,
    description: "What the host's report leaves out, or null if it is complete.",
  })
  leftOut!: LeftOut | null;

  @Field(() => Quarantine, {
    nullable: true,
    description:
      'Certificates that the host keeps out of its truststore, which keeps its JVMs from LIVE. Null if there are none.',
  })
  quarantine!: Quarantine | null;
}

export function agentOf(record: AgentRecord): Agent {
  const { status, id, name, hostname, agentVersion, createdAt, registeredAt, setAside, revoked } = record;
  return instance(Agent, {
    id,
    name,
    hostname,
    bootId: status?.bootId ?? null,
    duplicate: duplicateOf(record),
    agentVersion,
    createdAt,
    registeredAt,
    setAside: setAside && instance(SetAside, setAside),
    revoked: revoked && instance(Revocation, revoked),
    ...hostState(record),
    lastSeenAt: status?.receivedAt ?? null,
    epoch: status?.written?.epoch ?? null,
    revision: status?.written?.revision ?? null,
    managed: status?.managed ?? null,
    base: status?.base ?? null,
    ...factsOf(status?.facts),
    clockOffsetMs: status?.clockOffsetMs ?? null,
    refused: Object.entries(status?.refused ?? {}).map(([code, count]) => instance(RefusedCount, { code, count })),
    jvms: (status?.jvms ?? []).map((jvm) => instance(Jvm, jvmFields(id, jvm))),
    leftOut: leftOutOf(record),
    quarantine: quarantineOf(record),
  });
}

function duplicateOf({ status }: AgentRecord): DuplicateHost | null {
  if (!status?.duplicate) return null;
  const { hostname, bootId, at } = status.duplicate;
  return instance(DuplicateHost, { hostname, bootId, lastSeenAt: at });
}

function leftOutOf({ status }: AgentRecord): LeftOut | null {
  if (!status?.leftOut) return null;
  const { jvms, files } = status.leftOut;
  const counts = JVM_STATES.flatMap((state) => {
    const count = jvms[state] ?? 0;
    return count === 0 ? [] : [instance(JvmStateCount, { state, count })];
  });
  return instance(LeftOut, { reason: incompleteReason(status), jvms: counts, files });
}

function quarantineOf({ status }: AgentRecord): Quarantine | null {
  if (!status?.quarantine) return null;
  const { entries, total } = status.quarantine;
  const certificates = entries.map((entry) => instance(QuarantinedCertificate, entry));
  return instance(Quarantine, { total, certificates });
}
