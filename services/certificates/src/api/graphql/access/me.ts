import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import type { Caller, User as UserRecord } from '../../../features/records/grants.js';
import type { Context } from '../context.js';
import { DateTime } from '../shape/date-time.js';
import { instance } from '../shape/instance.js';
import { HeldPermission, heldPermissions } from './permission.js';

const CallerKind = { API_TOKEN: 'API_TOKEN', USER: 'USER' } as const satisfies {
  [K in Caller['kind']]: K;
};
registerEnumType(CallerKind, {
  name: 'CallerKind',
  description: 'What a caller authenticated with.',
  valuesConfig: {
    API_TOKEN: { description: 'An API token of this installation.' },
    USER: { description: 'A token of an OpenID Connect provider, which a person got by signing in.' },
  },
});

@ObjectType({ simpleResolvers: true, description: 'A person, as an OpenID Connect provider knows them.' })
class User implements UserRecord {
  @Field(() => String, { description: 'URL of the provider.' })
  issuer!: string;

  @Field(() => String, { description: 'Subject of the person at this provider.' })
  subject!: string;

  @Field(() => [String], { description: 'Groups of the person at this provider, as the token names them.' })
  groups!: readonly string[];
}

@ObjectType({ description: 'The caller, as the service knows it.' })
export class Me {
  @Field(() => String, { description: 'The caller as audit records name it.' })
  actor!: string;

  @Field(() => String, { description: 'Name of the API token or of the person.' })
  name!: string;

  @Field(() => CallerKind, { description: 'What the caller authenticated with.' })
  kind!: Caller['kind'];

  @Field(() => User, { nullable: true, description: 'The person who signed in. Null for an API token.' })
  user!: UserRecord | null;

  @Field(() => [HeldPermission], { description: 'Permissions of the caller.' })
  grants!: readonly HeldPermission[];

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
    const { actor, name, kind, user, grants, expiresAt } = caller;
    return instance(Me, {
      actor,
      name,
      kind,
      user: user && instance(User, user),
      grants: heldPermissions(grants),
      expiresAt,
    });
  }
}
