import type {
  JvmReport,
  PartialField,
  JvmState as ReportedJvmState,
  OtherTrustKind as ReportedOtherTrustKind,
} from '@trustcast/schema';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { ID } from '../shape/id.js';
import { instance } from '../shape/instance.js';

export const JvmState = {
  LOADED: 'LOADED',
  LIVE: 'LIVE',
  FAILED: 'FAILED',
  UNSUPPORTED: 'UNSUPPORTED',
  UNMANAGED: 'UNMANAGED',
} as const satisfies { [S in ReportedJvmState]: S };
registerEnumType(JvmState, {
  name: 'JvmState',
  description: 'State that a JVM reports about itself.',
  valuesConfig: {
    LOADED: { description: 'The JVM has read the truststore and has not yet proven that its trust managers use it.' },
    LIVE: {
      description:
        'The JVM has proven that its default trust, and the trust managers built from the managed file, use what it loaded. `otherTrust` and the reason name what this does not cover.',
    },
    FAILED: {
      description:
        'The JVM cannot use the truststore, or has proven nothing although it should, for example because it cannot write to its directory. The reason explains which.',
    },
    UNSUPPORTED: { description: 'This JVM cannot be managed. The reason explains why.' },
    UNMANAGED: {
      description:
        'The JVM was found on the host, but was not selected and does not name the JVM agent; or it was detached manually; or it belongs to another agent of the host.',
    },
  },
});

export const OtherTrustKind = {
  OWN_TRUSTSTORE: 'OWN_TRUSTSTORE',
  OWN_STACK: 'OWN_STACK',
} as const satisfies { [K in ReportedOtherTrustKind]: K };
registerEnumType(OtherTrustKind, {
  name: 'OtherTrustKind',
  description: "How an application verifies certificates outside its JVM's default trust.",
  valuesConfig: {
    OWN_TRUSTSTORE: {
      description: "Trust managers of the JDK with a truststore of the application's own have checked certificates.",
    },
    OWN_STACK: { description: 'A TLS stack is used that asks no trust manager of the JDK.' },
  },
});

@ObjectType({ description: "Trust of the application's own that is in use and that LIVE does not cover." })
export class OtherTrust {
  @Field(() => OtherTrustKind, { description: 'How the application verifies certificates.' })
  kind!: ReportedOtherTrustKind;

  @Field(() => String, { description: 'Class that called the trust manager, or package of the TLS stack.' })
  name!: string;

  @Field(() => Int, { description: 'Number of trust managers in memory; 1 for a TLS stack.' })
  count!: number;
}

@ObjectType({ description: 'A running JVM of a host.' })
export class Jvm {
  @Field(() => ID, {
    description: 'Id of the JVM, stable for the life of the process and different for each agent that sees it.',
  })
  id!: string;

  @Field(() => Int, { description: "Process id in the host's PID namespace." })
  pid!: number;

  @Field(() => DateTime, { description: 'Start time of the process.' })
  startedAt!: Date;

  @Field(() => String, { nullable: true, description: 'Version of the JDK that the JVM runs on.' })
  jdkVersion!: string | null;

  @Field(() => String, { nullable: true, description: 'Main class of the application.' })
  mainClass!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'How the JVM agent was loaded: `premain` at start-up, `agentmain` by attaching.',
  })
  via!: string | null;

  @Field(() => JvmState, { description: 'State that the JVM reports.' })
  state!: ReportedJvmState;

  @Field(() => String, {
    nullable: true,
    description: 'Reason for the state, or what LIVE does not cover: a code, optionally followed by a detail.',
  })
  reason!: string | null;

  @Field(() => Int, { nullable: true, description: 'Epoch of the set that the JVM loaded.' })
  epoch!: number | null;

  @Field(() => Int, { nullable: true, description: 'Revision of the set that the JVM loaded.' })
  revision!: number | null;

  @Field(() => [String], { description: "Aliases whose certificates this JVM's own CAs include as well." })
  alsoInBase!: readonly string[];

  @Field(() => [OtherTrust], {
    description: "Trust of the application's own that is in use beside the default and that LIVE does not cover.",
  })
  otherTrust!: readonly OtherTrust[];

  @Field(() => Int, {
    nullable: true,
    description:
      'Number of open connections made before the last removal, or null if nothing was removed. A lower bound if `partial` names this field.',
  })
  olderConnections!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "Number of certificates of usual size that fit into the JVM's heap.",
  })
  maxEntries!: number | null;

  @Field(() => String, { nullable: true, description: 'Last error of the JVM agent.' })
  lastError!: string | null;

  @Field(() => [String], { description: 'Names of the fields whose values are incomplete.' })
  partial!: readonly PartialField[];
}

/** Defaults for members that statuses of earlier releases lack. */
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
