import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../instance.js';
import { Jwk } from '../jwks/jwk.js';
import { Certificate } from './certificate.js';

@ObjectType({ description: 'What a deletion of a certificate would reach in one environment.' })
export class CertificateImpact {
  environmentId!: string;
  jwkIds!: readonly string[];

  @Field(() => Int, { description: 'Hosts that are registered and not set aside, heard or not.' })
  hosts!: number;

  @Field(() => Int, { description: 'Hosts of those that were not heard lately: they are told when they come back.' })
  unreachable!: number;

  @Field(() => Int, {
    description: 'Hosts of those that do not list all of their JVMs, or not all that the bases of their JVMs have.',
  })
  incomplete!: number;

  @Field(() => Int, { description: 'Selected JVMs on those hosts, also those that a host counts and does not list.' })
  jvms!: number;

  @Field(() => Int, { description: 'Those of them that have it in their base as well: they keep trusting it.' })
  jvmsWithBase!: number;
}

@Resolver(() => CertificateImpact)
export class CertificateImpactResolver {
  @FieldResolver(() => Environment, { description: 'The environment.' })
  environment(@Root() { environmentId }: CertificateImpact, @Ctx() { environments }: Context) {
    return environments.load(environmentId);
  }

  @FieldResolver(() => [Jwk], { description: 'JWKs that follow the certificate there.' })
  async jwks(@Root() { jwkIds }: CertificateImpact, @Ctx() { jwks }: Context): Promise<Jwk[]> {
    return (await jwks.loadMany(jwkIds)).filter((jwk) => jwk instanceof Jwk);
  }
}

export async function impactOf({ id }: Certificate, { impacts }: Context): Promise<CertificateImpact[]> {
  return (await impacts.load(id)).map(({ environmentId, hosts, unreachable, incomplete, jvms, jvmsWithBase, jwkIds }) =>
    instance(CertificateImpact, { environmentId, hosts, unreachable, incomplete, jvms, jvmsWithBase, jwkIds }),
  );
}
