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

  @Field(() => Int, { description: 'JWKs that it publishes, retiring keys aside.' })
  jwks!: number;
}

@Resolver(() => Environment)
export class EnvironmentCountsResolver {
  @FieldResolver(() => EnvironmentCounts, { description: 'What belongs to it, counted.' })
  async counts(@Root() { id }: Environment, @Ctx() { environmentCounts }: Context): Promise<EnvironmentCounts> {
    const { certificates = 0, agents = 0, jwks = 0 } = (await environmentCounts.load(id)) ?? {};
    return instance(EnvironmentCounts, { certificates, agents, jwks });
  }
}
