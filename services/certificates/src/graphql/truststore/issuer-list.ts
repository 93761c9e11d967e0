import { LIMITS } from '@trustcast/schema';
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../instance.js';
import { TruststoreConnection } from './truststore.js';

@ObjectType({
  description:
    'The subjects of all anchors, each with 2 bytes before it, as a JVM sends them to the clients that it asks for certificates.',
})
export class IssuerList {
  @Field(() => Int, { description: 'Bytes of the managed certificates.' })
  managedBytes!: number;

  @Field(() => Int, { description: 'Bytes of the largest base that hosts of the environment report.' })
  baseBytes!: number;

  @Field(() => Int, { description: 'Bytes of both; what is managed and in the base counts twice.' })
  bytes!: number;

  @Field(() => Int, { description: 'Above this, changes are answered with a warning.' })
  warningBytes!: number;

  @Field(() => Int, {
    description: 'Above this Java clients end the handshake, and changes are refused unless they are confirmed.',
  })
  maxBytes!: number;
}

const DESCRIPTION = 'How long the list of subjects is that its servers send when they ask for client certificates.';

async function issuerListOf(id: string, { issuerLists }: Context): Promise<IssuerList> {
  const { managedBytes = 0, baseBytes = 0 } = (await issuerLists.load(id)) ?? {};
  return instance(IssuerList, {
    managedBytes,
    baseBytes,
    bytes: managedBytes + baseBytes,
    warningBytes: LIMITS.issuerListWarningBytes,
    maxBytes: LIMITS.issuerListBytes,
  });
}

@Resolver(() => Environment)
export class EnvironmentIssuerListResolver {
  @FieldResolver(() => IssuerList, { description: DESCRIPTION })
  issuerList(@Root() { id }: Environment, @Ctx() context: Context): Promise<IssuerList> {
    return issuerListOf(id, context);
  }
}

@Resolver(() => TruststoreConnection)
export class TruststoreIssuerListResolver {
  @FieldResolver(() => IssuerList, { description: DESCRIPTION })
  issuerList(@Root() { environmentId }: TruststoreConnection, @Ctx() context: Context): Promise<IssuerList> {
    return issuerListOf(environmentId, context);
  }
}
