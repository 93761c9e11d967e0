import { isEnvironmentName } from '@trustcast/schema';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ID } from '../shape/id.js';
import { readIdempotencyKey, readName } from '../../../features/records/certificate-input.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import {
  type JwkAnswer,
  type JwkVersion,
  deleteJwk,
  disconnectJwk,
  renameJwk,
} from '../../../features/jwks/change-jwk.js';
import { createJwk } from '../../../features/jwks/create-jwk.js';
import type { Database } from '../../../platform/postgres/database.js';
import { type Result, all } from '../../../features/records/result.js';
import type { Request } from '../../../features/requests/request.js';
import { Certificate, CertificateDefinition } from '../certificates/certificate.js';
import { type Context, requestOf } from '../context.js';
import { Environment } from '../environments/environment.js';
import { Jwk, JwkLink } from './jwk.js';
import { ChangeJwkInput, CreateJwkInput, RenameJwkInput } from './jwk-inputs.js';
import { JwkPayload, jwkPayload } from './jwk-payload.js';
import { instance } from '../shape/instance.js';

@Resolver(() => Jwk)
export class JwkResolver {
  @Query(() => Jwk, { nullable: true, description: 'Returns one JWK by id. Null if it does not exist.' })
  jwk(
    @Arg('id', () => ID, { description: 'Id of the JWK.' }) id: string,
    @Ctx() { jwks }: Context,
  ): Promise<Jwk | null> {
    return isUuid(id) ? jwks.load(id.toLowerCase()) : Promise.resolve(null);
  }

  @FieldResolver(() => Environment, { description: 'Environment that publishes the JWK.' })
  environment(@Root() { environmentId }: Jwk, @Ctx() { environments }: Context): Promise<Environment | null> {
    return environments.load(environmentId);
  }

  @Mutation(() => JwkPayload, { description: 'Creates a JWK from a certificate of an environment and publishes it.' })
  async createJwk(
    @Arg('input', () => CreateJwkInput, { description: 'The JWK to create.' }) input: CreateJwkInput,
    @Ctx() context: Context,
  ): Promise<JwkPayload> {
    const read = all({ name: readName(input.name), key: readIdempotencyKey(input.idempotencyKey) });
    if (!read.ok) return jwkPayload(read);
    const { name } = read.value;
    const request = requestOf(context, 'createJwk', input);
    const { certificateId, use, algorithm } = input;
    const environment = isEnvironmentName(input.environment) ? input.environment : '';
    return jwkPayload(await createJwk(context.database, request, { certificateId, environment, name, use, algorithm }));
  }

  @Mutation(() => JwkPayload, { description: 'Renames a JWK. The published key set does not change.' })
  async renameJwk(
    @Arg('input', () => RenameJwkInput, { description: 'The JWK and its new name.' }) input: RenameJwkInput,
    @Ctx() context: Context,
  ): Promise<JwkPayload> {
    const name = readName(input.name);
    if (!name.ok) return jwkPayload(name);
    return change(context, 'renameJwk', input, (database, request, version) =>
      renameJwk(database, request, { ...version, name: name.value }),
    );
  }

  @Mutation(() => JwkPayload, {
    description: 'Disconnects a JWK from its certificate. The JWK keeps its key, whatever happens to the certificate.',
  })
  disconnectJwk(
    @Arg('input', () => ChangeJwkInput, { description: 'The JWK to disconnect.' }) input: ChangeJwkInput,
    @Ctx() context: Context,
  ): Promise<JwkPayload> {
    return change(context, 'disconnectJwk', input, disconnectJwk);
  }

  @Mutation(() => JwkPayload, { description: 'Deletes a JWK. Its key is no longer published.' })
  deleteJwk(
    @Arg('input', () => ChangeJwkInput, { description: 'The JWK to delete.' }) input: ChangeJwkInput,
    @Ctx() context: Context,
  ): Promise<JwkPayload> {
    return change(context, 'deleteJwk', input, deleteJwk);
  }
}

@Resolver(() => JwkLink)
export class JwkLinkResolver {
  @FieldResolver(() => Certificate, { description: 'The certificate.' })
  certificate(@Root() { certificateId }: JwkLink, @Ctx() { certificates }: Context): Promise<Certificate | null> {
    return certificates.load(certificateId);
  }

  @FieldResolver(() => CertificateDefinition, {
    description: "The definition of the certificate that is deployed to the JWK's environment.",
  })
  async definition(
    @Root() { certificateId, definitionId }: JwkLink,
    @Ctx() { certificates }: Context,
  ): Promise<CertificateDefinition | undefined> {
    const found = (await certificates.load(certificateId))?.definitions.find(({ id }) => id === definitionId);
    return found && instance(CertificateDefinition, found);
  }
}

async function change(
  context: Context,
  action: string,
  input: ChangeJwkInput,
  make: (database: Database, request: Request, input: JwkVersion) => Promise<Result<JwkAnswer>>,
): Promise<JwkPayload> {
  const key = readIdempotencyKey(input.idempotencyKey);
  if (!key.ok) return jwkPayload(key);
  return jwkPayload(await make(context.database, requestOf(context, action, input), input));
}
