import { Ctx, Field, FieldResolver, Int, ObjectType, Resolver, Root } from 'type-graphql';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { instance } from '../shape/instance.js';
import { Certificate, CertificateDefinition } from './certificate.js';

@ObjectType({ description: 'State of a certificate in one environment, from what its hosts and JVMs report now.' })
export class CertificateDeployment {
  certificateId!: string;
  environmentId!: string;
  definitionId!: string;

  @Field(() => Int, { description: 'Number of hosts that are registered and not set aside, reachable or not.' })
  hosts!: number;

  @Field(() => Int, { description: 'Number of these hosts that have not reported recently.' })
  unreachable!: number;

  @Field(() => Int, { description: 'Number of these hosts that do not list all of their JVMs.' })
  incomplete!: number;

  @Field(() => Int, { description: 'Number of these hosts that have written the certificate.' })
  written!: number;

  @Field(() => Int, {
    description: 'Number of selected JVMs on these hosts, including those that a host counts but does not list.',
  })
  jvms!: number;

  @Field(() => Int, { description: 'Number of these JVMs that have proven that they use the certificate.' })
  live!: number;

  @Field(() => Boolean, {
    description:
      'Whether at least one JVM is selected, every selected JVM has proven the certificate, and every host is reachable, has written it and lists all of its JVMs. The filter `live` of `certificates` uses this value.',
  })
  proven!: boolean;

  @Field(() => Int, { description: 'Number of JWKs of the environment that follow the certificate.' })
  jwkCount!: number;
}

@Resolver(() => CertificateDeployment)
export class CertificateDeploymentResolver {
  @FieldResolver(() => Environment, { description: 'The environment.' })
  environment(@Root() { environmentId }: CertificateDeployment, @Ctx() { environments }: Context) {
    return environments.load(environmentId);
  }

  @FieldResolver(() => CertificateDefinition, { description: 'The definition that is deployed to the environment.' })
  async definition(@Root() { certificateId, definitionId }: CertificateDeployment, @Ctx() { certificates }: Context) {
    const found = (await certificates.load(certificateId))?.definitions.find(({ id }) => id === definitionId);
    return found && instance(CertificateDefinition, found);
  }
}

@Resolver(() => Certificate)
export class CertificateDeploymentsResolver {
  @FieldResolver(() => [CertificateDeployment], {
    description: 'The environments to which the certificate is deployed, by name, with its state in each.',
  })
  async deployments(
    @Root() { id }: Certificate,
    @Ctx() { deployedEntries }: Context,
  ): Promise<CertificateDeployment[]> {
    return (await deployedEntries.load(id)).map(({ jwks, ...record }) =>
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
