import { LIMITS } from '@trustcast/schema';
import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../shape/instance.js';
import { TruststoreConnection } from './truststore.js';

@ObjectType({
  description:
    'Size of the list of anchor subjects that a JVM sends when it requests a client certificate. Each subject has a 2-byte length prefix.',
})
export class IssuerList {
  @Field(() => Int, { description: "Size of the managed certificates' subjects, in bytes." })
  managedBytes!: number;

  @Field(() => Int, { description: 'Size of the largest base that hosts of the environment report, in bytes.' })
  baseBytes!: number;

  @Field(() => Int, {
    description: 'Size of both together, in bytes. A certificate that is managed and in the base counts twice.',
  })
  bytes!: number;

  @Field(() => Int, { description: 'Size above which changes return a warning, in bytes.' })
  warningBytes!: number;

  @Field(() => Int, {
    description:
      'Size above which Java clients abort the handshake, in bytes. Larger changes are refused unless confirmed.',
  })
  maxBytes!: number;
}

const DESCRIPTION =
  'Size of the list of subjects that servers of this environment send when they request client certificates.';

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
