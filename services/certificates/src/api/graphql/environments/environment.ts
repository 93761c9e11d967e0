import { ENVIRONMENT_KINDS, environmentKinds } from '@trustcast/schema';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../shape/date-time.js';
import { Node } from '../shape/node.js';
import type { EnvironmentKind as Kind, EnvironmentRecord } from '../../../features/records/environment-record.js';

export const EnvironmentKind = Object.fromEntries(environmentKinds.map((kind) => [kind, kind])) as { [K in Kind]: K };
registerEnumType(EnvironmentKind, {
  name: 'EnvironmentKind',
  description: 'Kind of an environment: what uses its certificates.',
  valuesConfig: ENVIRONMENT_KINDS,
});

@ObjectType({
  description:
    'A discrepancy after a restore from a backup: an agent holds a signed statement that the database does not know.',
})
export class Divergence {
  @Field(() => Int, { description: 'Epoch of the unknown statement.' })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of the unknown statement.' })
  revision!: number;

  @Field(() => DateTime, { description: 'Time at which the discrepancy was first seen.' })
  detectedAt!: string;
}

@ObjectType({
  simpleResolvers: true,
  implements: Node,
  description: 'An environment, to which certificates are deployed.',
})
export class Environment extends Node implements EnvironmentRecord {
  @Field(() => String, { description: 'Name of the environment: 1 to 63 characters of a-z, 0-9 and -, immutable.' })
  name!: string;

  @Field(() => String, { description: 'Title of the environment for people.' })
  title!: string;

  @Field(() => EnvironmentKind, { description: 'Kind of the environment.' })
  kind!: Kind;

  @Field(() => Int, {
    description: 'Epoch of the environment, incremented only when an administrator advances it after a restore.',
  })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of the environment, incremented by every deployed change.' })
  revision!: number;

  @Field(() => Int, { description: 'Number of certificates deployed to the environment.' })
  entries!: number;

  @Field(() => Divergence, {
    nullable: true,
    description: 'Set while agents are ahead of the database. Deployments are refused until the epoch is advanced.',
  })
  diverged!: EnvironmentRecord['diverged'];
}
