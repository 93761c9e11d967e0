import {
  JVM_STATES,
  MAX_QUARANTINED,
  type JvmReport,
  type PartialField,
  type JvmState as ReportedJvmState,
  type OtherTrustKind as ReportedOtherTrustKind,
} from '@trustcast/schema';
import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { ID } from '../id.js';
import { Node } from '../node.js';
import { instance } from '../instance.js';
import { type AgentRecord, type HostState as State, hostState, incompleteReason } from '../../domain/agent-record.js';

export const HostState = {
  UNREGISTERED: 'UNREGISTERED',
  PENDING: 'PENDING',
  RECEIVED: 'RECEIVED',
  WRITTEN: 'WRITTEN',
  FAILED: 'FAILED',
  STALE: 'STALE',
  UNREACHABLE: 'UNREACHABLE',
  DIVERGED: 'DIVERGED',
} as const satisfies { [S in State]: S };
registerEnumType(HostState, {
  name: 'HostState',
  description: 'What is known of a host. Written is not live.',
  valuesConfig: {
    UNREGISTERED: { description: 'Its token was issued, and it never registered: it gets nothing.' },
    PENDING: { description: 'It has not written this deployment yet.' },
    RECEIVED: { description: 'It accepted a change and has not written it yet.' },
    WRITTEN: { description: 'Its truststore is written.' },
    FAILED: {
      description: 'It cannot write its truststore, or another host speaks with its key; the reason says why.',
    },
    STALE: { description: 'It has not heard the current statement lately.' },
    UNREACHABLE: { description: 'The service has not heard of it lately.' },
    DIVERGED: { description: 'It holds a signed statement that the database does not know.' },
  },
});

export const JvmState = {
  LOADED: 'LOADED',
  LIVE: 'LIVE',
  FAILED: 'FAILED',
  UNSUPPORTED: 'UNSUPPORTED',
  UNMANAGED: 'UNMANAGED',
} as const satisfies { [S in ReportedJvmState]: S };
registerEnumType(JvmState, {
  name: 'JvmState',
  description: 'What a JVM says of itself.',
  valuesConfig: {
    LOADED: { description: 'It has read the truststore, and has not proven that its trust managers use it.' },
    LIVE: {
      description:
        'It has proven that its default trust, and what comes from our file, is what it loaded. `otherTrust` and the reason say what that does not cover.',
    },
    FAILED: {
      description:
        'It cannot use the truststore, or should and has proven nothing, such as with a directory that it cannot write to; the reason says why.',
    },
    UNSUPPORTED: { description: 'This JVM cannot be managed; the reason says why.' },
    UNMANAGED: {
      description:
        'Found on the host, and it neither was selected nor names the JVM agent; or it was detached by hand, or belongs to another agent of the host.',
    },
  },
});

export const OtherTrustKind = {
  OWN_TRUSTSTORE: 'OWN_TRUSTSTORE',
  OWN_STACK: 'OWN_STACK',
} as const satisfies { [K in ReportedOtherTrustKind]: K };
registerEnumType(OtherTrustKind, {
  name: 'OtherTrustKind',
  description: 'How an application trusts beside the default of its JVM.',
  valuesConfig: {
    OWN_TRUSTSTORE: { description: 'By trust managers of the JDK with a truststore of its own, which have judged.' },
    OWN_STACK: { description: 'By a TLS stack that asks no trust manager of the JDK.' },
  },
});

@ObjectType({ description: "Trust of an application's own that is in use, of which LIVE says nothing." })
export class OtherTrust {
  @Field(() => OtherTrustKind, { description: 'How it trusts.' })
  kind!: ReportedOtherTrustKind;

  @Field(() => String, { description: 'Class that asked the trust manager, or package of the stack.' })
  name!: string;

  @Field(() => Int, { description: 'Trust managers that are alive; 1 for a stack.' })
  count!: number;
}

@ObjectType({ description: 'A running JVM of a host.' })
export class Jvm {
  @Field(() => ID, { description: 'Stable for the life of the process; another one for each agent that sees it.' })
  id!: string;

  @Field(() => Int, { description: 'Process id, as its host sees it.' })
  pid!: number;

  @Field(() => DateTime, { description: 'Start of the process.' })
  startedAt!: Date;

  @Field(() => String, { nullable: true, description: 'Version of its JDK.' })
  jdkVersion!: string | null;

  @Field(() => String, { nullable: true, description: 'Its main class.' })
  mainClass!: string | null;

  @Field(() => String, {
    nullable: true,
    description: '`premain`: connected from its start; `agentmain`: attached later.',
  })
  via!: string | null;

  @Field(() => JvmState, { description: 'What it says of itself.' })
  state!: ReportedJvmState;

  @Field(() => String, {
    nullable: true,
    description: 'Why, or what LIVE does not cover; a code, with or without a detail.',
  })
  reason!: string | null;

  @Field(() => Int, { nullable: true, description: 'Epoch of what it loaded.' })
  epoch!: number | null;

  @Field(() => Int, { nullable: true, description: 'Revision of what it loaded.' })
  revision!: number | null;

  @Field(() => [String], { description: "Aliases that this JVM's own certificate authorities include as well." })
  alsoInBase!: readonly string[];

  @Field(() => [OtherTrust], {
    description: "Trust of the application's own that is in use beside the default: LIVE says nothing of it.",
  })
  otherTrust!: readonly OtherTrust[];

  @Field(() => Int, {
    nullable: true,
    description:
      'Open connections of before the last removal; null: nothing was removed. There may be more where `partial` names it.',
  })
  olderConnections!: number | null;

  @Field(() => Int, { nullable: true, description: 'Certificates of usual size that its heap can hold.' })
  maxEntries!: number | null;

  @Field(() => String, { nullable: true, description: 'What went wrong in its agent last.' })
  lastError!: string | null;

  @Field(() => [String], { description: 'Names of fields that hold less than there is to say.' })
  partial!: readonly PartialField[];
}

/** A status that was stored before may have none of these. */
type StoredJvmReport = Omit<JvmReport, 'otherTrust' | 'partial'> & Partial<JvmReport>;

/** Agents of several environments see the same JVM, each as it is for its own: its id names the agent as well. */
export function jvmFields(
  agentId: string,
  { id, at, startedAt, otherTrust = [], partial = [], ...jvm }: StoredJvmReport,
) {
  return {
    ...jvm,
    partial,
    id: `${agentId}/${id}`,
    otherTrust: otherTrust.map((other) => instance(OtherTrust, { ...other })),
    startedAt: new Date(startedAt),
    epoch: at?.epoch ?? null,
    revision: at?.revision ?? null,
  };
}

@ObjectType({ description: 'How often an agent refused messages for one reason.' })
export class RefusedCount {
  @Field(() => String, { description: 'The reason, a stable code.' })
  code!: string;

  @Field(() => Int, { description: 'How often since its start.' })
  count!: number;
}

@ObjectType({ description: 'How many JVMs are in one state.' })
export class JvmStateCount {
  @Field(() => JvmState, { description: 'The state.' })
  state!: ReportedJvmState;

  @Field(() => Int, { description: 'How many.' })
  count!: number;
}

@ObjectType({ description: 'What a host does not list of its JVMs, because there is too much of it.' })
export class LeftOut {
  @Field(() => String, {
    nullable: true,
    description: 'Set where a JVM that counts may be missing, which keeps deployments from LIVE.',
  })
  reason!: string | null;

  @Field(() => [JvmStateCount], { description: 'JVMs that are not listed.' })
  jvms!: readonly JvmStateCount[];

  @Field(() => Int, { description: 'Files in which JVMs may have said something, and that were not looked at.' })
  files!: number;
}

@ObjectType({
  description: 'A certificate that a host keeps out, because a JDK of it cannot load the truststore with it.',
})
export class QuarantinedCertificate {
  @Field(() => String, { description: 'Name of the entry; one of the base begins with `base/`.' })
  alias!: string;

  @Field(() => String, { description: 'SHA-256 of the DER encoding: 64 lower-case hexadecimal digits.' })
  fingerprint!: string;

  @Field(() => String, { description: 'Home of the JDK that was asked and cannot load it.' })
  jdk!: string;
}

@ObjectType({
  description: 'What a host keeps out of its truststore; `trustcast-agent lift-quarantine` there puts it back.',
})
export class Quarantine {
  @Field(() => Int, { description: 'How many certificates.' })
  total!: number;

  @Field(() => [QuarantinedCertificate], { description: `They, at most ${MAX_QUARANTINED} of them.` })
  certificates!: readonly QuarantinedCertificate[];
}

@ObjectType({ description: 'Why a host is in no count of deployments.' })
export class SetAside {
  @Field(() => DateTime, { description: 'Time at which it was set aside.' })
  at!: string;

  @Field(() => String, { description: 'Who set it aside.' })
  by!: string;

  @Field(() => String, { description: 'The reason given.' })
  reason!: string;
}

@ObjectType({ implements: Node, description: 'The agent of a host.' })
export class Agent extends Node {
  @Field(() => String, { description: 'Unique in its environment.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'Name of its host, as the agent says.' })
  hostname!: string | null;

  @Field(() => String, { nullable: true, description: 'Version of the agent.' })
  agentVersion!: string | null;

  @Field(() => DateTime, { description: 'When its token was made.' })
  createdAt!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it introduced itself last.' })
  registeredAt!: string | null;

  @Field(() => SetAside, { nullable: true, description: 'Set where it was taken out of what deployments count.' })
  setAside!: SetAside | null;

  @Field(() => HostState, { description: 'State of its host.' })
  state!: State;

  @Field(() => String, { nullable: true, description: 'Why; a code, with or without a detail.' })
  reason!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was heard last.' })
  lastSeenAt!: string | null;

  @Field(() => Int, { nullable: true, description: 'Epoch of the truststore on its disk.' })
  epoch!: number | null;

  @Field(() => Int, { nullable: true, description: 'Revision of the truststore on its disk.' })
  revision!: number | null;

  @Field(() => Int, { nullable: true, description: 'Managed certificates in its truststore.' })
  managed!: number | null;

  @Field(() => Int, { nullable: true, description: 'Certificate authorities that they were merged with.' })
  base!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Bytes of the subjects of all entries of its truststore, each with 2 bytes before it, as a server sends them.',
  })
  issuerBytes!: number | null;

  @Field(() => Float, { nullable: true, description: "Its clock minus the service's, in milliseconds." })
  clockOffsetMs!: number | null;

  @Field(() => [RefusedCount], { description: 'Messages that it refused since its start.' })
  refused!: readonly RefusedCount[];

  @Field(() => [Jvm], { description: 'The JVMs of its host, as far as it lists them: at most 1,000.' })
  jvms!: readonly Jvm[];

  @Field(() => LeftOut, { nullable: true, description: 'What it does not list of its JVMs; null: nothing.' })
  leftOut!: LeftOut | null;

  @Field(() => Quarantine, {
    nullable: true,
    description: 'Certificates that it keeps out of its truststore, which keeps its JVMs from LIVE; null: none.',
  })
  quarantine!: Quarantine | null;
}

export function agentOf(record: AgentRecord): Agent {
  const { status, id, name, hostname, agentVersion, createdAt, registeredAt, setAside } = record;
  return instance(Agent, {
    id,
    name,
    hostname,
    agentVersion,
    createdAt,
    registeredAt,
    setAside: setAside && instance(SetAside, setAside),
    ...hostState(record),
    lastSeenAt: status?.receivedAt ?? null,
    epoch: status?.written?.epoch ?? null,
    revision: status?.written?.revision ?? null,
    managed: status?.managed ?? null,
    base: status?.base ?? null,
    issuerBytes: status?.issuerBytes ?? null,
    clockOffsetMs: status?.clockOffsetMs ?? null,
    refused: Object.entries(status?.refused ?? {}).map(([code, count]) => instance(RefusedCount, { code, count })),
    jvms: (status?.jvms ?? []).map((jvm) => instance(Jvm, jvmFields(id, jvm))),
    leftOut: leftOutOf(record),
    quarantine: quarantineOf(record),
  });
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
