import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { Environment } from './environment.js';

@ObjectType({ description: 'What belongs to an environment, counted.' })
export class EnvironmentCounts {
  @Field(() => Int, { description: 'Certificates that are deployed to it.' })
  certificates!: number;

  @Field(() => Int, { description: 'Agents.' })
  agents!: number;

  @Field(() => Int, {
    description: 'Agents of those whose token was issued and that never registered: their hosts get nothing.',
  })
  unregistered!: number;

  @Field(() => Int, { description: 'Agents of those that were set aside by hand.' })
  setAside!: number;

  @Field(() => Int, { description: 'JWKs that it publishes, retiring keys aside.' })
  jwks!: number;
}

@Resolver(() => Environment)
export class EnvironmentCountsResolver {
  @FieldResolver(() => EnvironmentCounts, { description: 'What belongs to it, counted.' })
  async counts(@Root() { id }: Environment, @Ctx() { environmentCounts }: Context): Promise<EnvironmentCounts> {
    const none = { certificates: 0, agents: 0, unregistered: 0, setAside: 0, jwks: 0 };
    return instance(EnvironmentCounts, { ...none, ...(await environmentCounts.load(id)) });
  }
}
