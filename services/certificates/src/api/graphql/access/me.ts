import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import type { Caller } from '../../../features/records/grants.js';
import type { Context } from '../context.js';
import { DateTime } from '../shape/date-time.js';
import { instance } from '../shape/instance.js';
import { Grant, grantsOf } from './permission.js';

const CallerKind = { API_TOKEN: 'API_TOKEN', PERSON: 'PERSON' } as const satisfies {
  [K in Caller['kind']]: K;
};
registerEnumType(CallerKind, {
  name: 'CallerKind',
  description: 'What a caller authenticated with.',
  valuesConfig: {
    API_TOKEN: { description: 'An API token of this installation.' },
    PERSON: { description: 'A sign-in at an identity provider.' },
  },
});

@ObjectType({ description: 'The caller, as the service knows it.' })
export class Me {
  @Field(() => String, { description: 'The caller as audit records name it.' })
  actor!: string;

  @Field(() => String, { description: 'Name of the API token or of the person.' })
  name!: string;

  @Field(() => CallerKind, { description: 'What the caller authenticated with.' })
  kind!: Caller['kind'];

  @Field(() => [Grant], { description: 'Permissions of the caller.' })
  grants!: readonly Grant[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time at which the token expires. Null if it does not expire.',
  })
  expiresAt!: Date | null;
}

@Resolver(() => Me)
export class MeResolver {
  @Query(() => Me, { description: 'Returns who the caller is and what it may do. Needs no permission.' })
  me(@Ctx() { caller }: Context): Me {
    const { actor, name, kind, grants, expiresAt } = caller;
    return instance(Me, { actor, name, kind, grants: grantsOf(grants), expiresAt });
  }
}
