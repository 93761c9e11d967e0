import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';
import { Environment } from './environment.js';

@ObjectType({ description: 'Numbers of the objects that belong to an environment.' })
export class EnvironmentCounts {
  @Field(() => Int, { description: 'Number of certificates deployed to the environment.' })
  certificates!: number;

  @Field(() => Int, { description: 'Number of agents.' })
  agents!: number;

  @Field(() => Int, {
    description: 'Number of agents whose token was issued and that never registered. Their hosts receive nothing.',
  })
  unregistered!: number;

  @Field(() => Int, { description: 'Number of agents that were set aside.' })
  setAside!: number;

  @Field(() => Int, { description: 'Number of JWKs that the environment publishes, without retiring keys.' })
  jwks!: number;
}

@Resolver(() => Environment)
export class EnvironmentCountsResolver {
  @FieldResolver(() => EnvironmentCounts, { description: 'Numbers of the objects that belong to the environment.' })
  async counts(@Root() { id }: Environment, @Ctx() { environmentCounts }: Context): Promise<EnvironmentCounts> {
    const none = { certificates: 0, agents: 0, unregistered: 0, setAside: 0, jwks: 0 };
    return instance(EnvironmentCounts, { ...none, ...(await environmentCounts.load(id)) });
  }
}
