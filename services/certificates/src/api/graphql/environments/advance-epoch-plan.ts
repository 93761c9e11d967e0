import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { EpochPlan } from '../../../features/epochs/sql/read-epoch-plan.js';
import { DateTime } from '../shape/date-time.js';
import { instance } from '../shape/instance.js';
import { RollbackAction } from '../rollback/rollback.js';
import { EnvironmentEntry } from './environment-entry.js';

export const EpochKnowledge = { KNOWN: 'KNOWN', PARTLY: 'PARTLY', UNKNOWN: 'UNKNOWN' } as const;
registerEnumType(EpochKnowledge, {
  name: 'EpochKnowledge',
  description: 'Whether it is known what advancing an epoch undoes.',
  valuesConfig: {
    KNOWN: {
      description: 'The furthest host has reported the set that it holds, or no host is ahead. `steps` is complete.',
    },
    PARTLY: { description: 'A host is further ahead than the set that is known. `steps` may be incomplete.' },
    UNKNOWN: {
      description:
        'No host has reported the set that it holds, and hosts are ahead or have not reported lately. Anything may be trusted again.',
    },
  },
});

@ObjectType({ description: 'What advancing the epoch does with one entry on the hosts that are ahead.' })
export class EpochStep {
  @Field(() => String, { nullable: true, description: 'Name of the certificate. Null if the database knows none.' })
  name!: string | null;

  @Field(() => RollbackAction, { description: 'What happens to the certificate.' })
  action!: keyof typeof RollbackAction;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry that hosts hold now. Null if they hold none.',
  })
  before!: EnvironmentEntry | null;

  @Field(() => EnvironmentEntry, {
    nullable: true,
    description: 'The entry that hosts hold afterwards. Null if they hold none.',
  })
  after!: EnvironmentEntry | null;

  @Field(() => Boolean, { description: 'Whether hosts do not trust the certificate now and would trust it again.' })
  retrusts!: boolean;

  @Field(() => Boolean, { description: 'Whether the database knows that the certificate was deleted as compromised.' })
  compromised!: boolean;
}

@ObjectType({ description: 'The set that the furthest host ahead of the database reported.' })
export class HeldSet {
  @Field(() => Int, { description: 'Epoch of the position.' })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of the position.' })
  revision!: number;

  @Field(() => Int, { description: 'Number of entries in the set.' })
  entries!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the agent that reported the set. Null if the agent was deleted.',
  })
  agent!: string | null;

  @Field(() => DateTime, { description: 'Time of the report.' })
  receivedAt!: Date;
}

@ObjectType({ description: 'A position of an environment.' })
export class EpochPosition {
  @Field(() => Int, { description: 'Epoch of the position.' })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of the position.' })
  revision!: number;
}

@ObjectType({ description: 'What advancing the epoch of an environment would do now.' })
export class AdvanceEpochPlan {
  @Field(() => Int, { description: 'The current epoch. Pass it to `advanceEpoch` as `expectedEpoch`.' })
  expectedEpoch!: number;

  @Field(() => EpochKnowledge, { description: 'Whether it is known what is undone.' })
  knowledge!: keyof typeof EpochKnowledge;

  @Field(() => EpochPosition, {
    nullable: true,
    description: 'The furthest position that a host is known to hold. Null if no host is known to be ahead.',
  })
  furthest!: EpochPosition | null;

  @Field(() => Int, { description: 'Number of agents of the environment.' })
  hosts!: number;

  @Field(() => Int, { description: 'Number of agents that hold a statement which the database does not know.' })
  hostsAhead!: number;

  @Field(() => Int, {
    description: 'Number of agents that have not reported lately. It is not known whether they are ahead.',
  })
  hostsSilent!: number;

  @Field(() => HeldSet, {
    nullable: true,
    description: 'The set that `steps` starts from. Null if no host has reported one.',
  })
  held!: HeldSet | null;

  @Field(() => [EpochStep], {
    nullable: true,
    description:
      'What is undone: deletions first, by name, those known to be compromised before all; then replacements; then what hosts would trust no more. Null, and not empty, where nothing is known.',
  })
  steps!: readonly EpochStep[] | null;
}

export function advanceEpochPlanOf({ hosts, held, furthest, steps, ...plan }: EpochPlan): AdvanceEpochPlan {
  return instance(AdvanceEpochPlan, {
    ...plan,
    furthest: furthest && instance(EpochPosition, furthest),
    hosts: hosts.registered,
    hostsAhead: hosts.ahead,
    hostsSilent: hosts.silent,
    held: held && instance(HeldSet, { ...held, entries: held.entries.length }),
    steps:
      steps?.map((step) =>
        instance(EpochStep, {
          ...step,
          before: step.before && instance(EnvironmentEntry, step.before),
          after: step.after && instance(EnvironmentEntry, step.after),
        }),
      ) ?? null,
  });
}
