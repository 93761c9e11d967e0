import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../shape/instance.js';
import { Jwk } from '../jwks/jwk.js';
import { Certificate } from './certificate.js';

@ObjectType({ description: 'What the deletion of a certificate would affect in one environment.' })
export class CertificateImpact {
  environmentId!: string;
  jwkIds!: readonly string[];

  @Field(() => Int, { description: 'Number of hosts that are registered and not set aside, reachable or not.' })
  hosts!: number;

  @Field(() => Int, {
    description: 'Number of these hosts that have not reported recently. They receive the deletion once they are back.',
  })
  unreachable!: number;

  @Field(() => Int, {
    description:
      'Number of these hosts that do not list all of their JVMs, or not all certificates in the bases of their JVMs.',
  })
  incomplete!: number;

  @Field(() => Int, {
    description: 'Number of selected JVMs on these hosts, including those that a host counts but does not list.',
  })
  jvms!: number;

  @Field(() => Int, {
    description: 'Number of these JVMs whose base includes the certificate as well: they keep trusting it.',
  })
  jvmsWithBase!: number;
}

@Resolver(() => CertificateImpact)
export class CertificateImpactResolver {
  @FieldResolver(() => Environment, { description: 'The environment.' })
  environment(@Root() { environmentId }: CertificateImpact, @Ctx() { environments }: Context) {
    return environments.load(environmentId);
  }

  @FieldResolver(() => [Jwk], { description: 'JWKs of the environment that follow the certificate.' })
  async jwks(@Root() { jwkIds }: CertificateImpact, @Ctx() { jwks }: Context): Promise<Jwk[]> {
    return (await jwks.loadMany(jwkIds)).filter((jwk) => jwk instanceof Jwk);
  }
}

export async function impactOf({ id }: Certificate, { impacts }: Context): Promise<CertificateImpact[]> {
  return (await impacts.load(id)).map(({ environmentId, hosts, unreachable, incomplete, jvms, jvmsWithBase, jwkIds }) =>
    instance(CertificateImpact, { environmentId, hosts, unreachable, incomplete, jvms, jvmsWithBase, jwkIds }),
  );
}
