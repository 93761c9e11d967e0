import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime } from '../date-time.js';
import { Node } from '../node.js';
import type { EnvironmentKind as Kind, EnvironmentRecord } from '../../domain/environment-record.js';

export const EnvironmentKind = { API_MANAGER: 'API_MANAGER', GATEWAY: 'GATEWAY' } as const;
registerEnumType(EnvironmentKind, {
  name: 'EnvironmentKind',
  description: 'Who uses the certificates of an environment.',
  valuesConfig: {
    API_MANAGER: { description: 'JVMs, through the agents of their hosts.' },
    GATEWAY: { description: 'Consumers of events and JWKS; an agent of it is such a consumer.' },
  },
});

@ObjectType({
  description:
    'The database was restored from a backup: an agent holds a signed statement that the database does not know.',
})
export class Divergence {
  @Field(() => Int, { description: 'Epoch of that statement.' })
  epoch!: number;

  @Field(() => Int, { description: 'Revision of that statement.' })
  revision!: number;

  @Field(() => DateTime, { description: 'When it was seen first.' })
  detectedAt!: string;
}

@ObjectType({ simpleResolvers: true, implements: Node, description: 'Where certificates are deployed.' })
export class Environment extends Node implements EnvironmentRecord {
  @Field(() => String, { description: 'Immutable; 1 to 63 of a-z, 0-9 and -.' })
  name!: string;

  @Field(() => String, { description: 'For people; may change.' })
  title!: string;

  @Field(() => EnvironmentKind, { description: 'Who uses its certificates.' })
  kind!: Kind;

  @Field(() => Int, { description: 'Grows only when an administrator says so after a restore.' })
  epoch!: number;

  @Field(() => Int, { description: 'Grows by one with every deployed change.' })
  revision!: number;

  @Field(() => Int, { description: 'Number of certificates deployed to it.' })
  entries!: number;

  @Field(() => Divergence, {
    nullable: true,
    description: 'Set while agents are ahead of the database; deploys are refused until the epoch is advanced.',
  })
  diverged!: { readonly epoch: number; readonly revision: number; readonly detectedAt: string } | null;
}
