import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../instance.js';
import { Certificate, CertificateDefinition } from './certificate.js';

@ObjectType({ description: 'How far a certificate is in one environment, by what its hosts and JVMs report now.' })
export class CertificateDeployment {
  certificateId!: string;
  environmentId!: string;
  definitionId!: string;

  @Field(() => Int, { description: 'Hosts that are registered and not set aside, heard or not.' })
  hosts!: number;

  @Field(() => Int, { description: 'Hosts of those that were not heard lately.' })
  unreachable!: number;

  @Field(() => Int, { description: 'Hosts of those that do not list all of their JVMs.' })
  incomplete!: number;

  @Field(() => Int, { description: 'Hosts of those that have written it.' })
  written!: number;

  @Field(() => Int, { description: 'Selected JVMs of those hosts, also those that a host counts and does not list.' })
  jvms!: number;

  @Field(() => Int, { description: 'JVMs of those that have proven that they use it.' })
  live!: number;

  @Field(() => Boolean, {
    description:
      'Whether there is such a JVM, each has proven it, and every host was heard, has written it and lists all of its JVMs: what the filter `live` of `certificates` asks.',
  })
  proven!: boolean;

  @Field(() => Int, { description: 'JWKs of the environment that follow it.' })
  jwkCount!: number;
}

@Resolver(() => CertificateDeployment)
export class CertificateDeploymentResolver {
  @FieldResolver(() => Environment, { description: 'The environment.' })
  environment(@Root() { environmentId }: CertificateDeployment, @Ctx() { environments }: Context) {
    return environments.load(environmentId);
  }

  @FieldResolver(() => CertificateDefinition, { description: 'The definition that the environment has.' })
  async definition(@Root() { certificateId, definitionId }: CertificateDeployment, @Ctx() { certificates }: Context) {
    const found = (await certificates.load(certificateId))?.definitions.find(({ id }) => id === definitionId);
    return found && instance(CertificateDefinition, found);
  }
}

@Resolver(() => Certificate)
export class CertificateDeploymentsResolver {
  @FieldResolver(() => [CertificateDeployment], {
    description: 'Where it is deployed and how far it is there, by name of the environment.',
  })
  async deployments(@Root() { id }: Certificate, @Ctx() { placements }: Context): Promise<CertificateDeployment[]> {
    return (await placements.load(id)).map(({ jwks, ...record }) =>
      instance(CertificateDeployment, {
        ...record,
        jwkCount: jwks,
        proven:
          record.jvms > 0 &&
          record.live === record.jvms &&
          record.written === record.hosts &&
          record.unreachable + record.incomplete === 0,
      }),
    );
  }
}
