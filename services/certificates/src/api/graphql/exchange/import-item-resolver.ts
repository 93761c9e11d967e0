import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { Certificate } from '../certificates/certificate.js';
import type { Context } from '../context.js';
import { Environment } from '../environments/environment.js';
import { ImportItem, ImportedDefinition } from './import.js';

@Resolver(() => ImportedDefinition)
export class ImportedDefinitionResolver {
  @FieldResolver(() => [Environment], { description: 'Environments to which the definition is deployed.' })
  async environments(
    @Root() { environmentIds }: ImportedDefinition,
    @Ctx() { environments }: Context,
  ): Promise<Environment[]> {
    return (await environments.loadMany(environmentIds)).filter((each) => each instanceof Environment);
  }
}

@Resolver(() => ImportItem)
export class ImportItemResolver {
  @FieldResolver(() => Certificate, {
    nullable: true,
    description: 'The certificate, or null if it does not exist (yet).',
  })
  certificate(@Root() { certificateId }: ImportItem, @Ctx() { certificates }: Context) {
    return certificateId === null ? null : certificates.load(certificateId);
  }
}
