import { Arg, Args, Ctx, Field, FieldResolver, InputType, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { ID } from '../shape/id.js';
import { type CertificateOrder, decodeCursor, encodeCursor } from '../../../features/records/certificate-list.js';
import { isUuid } from '../../../features/records/is-uuid.js';
import { type JwkFilter, countJwks, listJwks } from '../../../features/jwks/sql/list-jwks.js';
import type { JwkRecord } from '../../../features/records/jwk-record.js';
import { badInput, checkTexts } from '../errors/bad-input.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../shape/connection.js';
import type { Context } from '../context.js';
import { instance } from '../shape/instance.js';
import { Jwk } from './jwk.js';

const BY_NAME: CertificateOrder = { by: 'NAME', descending: false };

@InputType({ description: 'Conditions on JWKs, all of which must hold.' })
export class JwkFilterInput implements JwkFilter {
  @Field(() => String, { nullable: true, description: 'Name of the environment that publishes the JWK.' })
  environment?: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the certificate that the JWK follows.' })
  certificateId?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of a name, `kid` or algorithm, ignoring case.' })
  text?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether the JWK follows a certificate.' })
  linked?: boolean | null;
}

@ObjectType({ description: 'A JWK with its cursor.' })
export class JwkEdge extends edgeType(() => Jwk) {}

@ObjectType({ description: 'A page of JWKs.' })
export class JwkConnection extends connectionType(
  () => Jwk,
  () => JwkEdge,
  'sorted by name',
) {
  filter!: JwkFilter;
}

const nodeOf = (record: JwkRecord) => instance(Jwk, record);
const cursorOf = ({ name, id }: JwkRecord) => encodeCursor(BY_NAME, { sortKey: name, id });

@Resolver(() => JwkConnection)
export class JwkListResolver {
  @Query(() => JwkConnection, { description: 'Lists JWKs by name.' })
  async jwks(
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => JwkFilterInput, {
      nullable: true,
      description: 'Conditions on the JWKs; all JWKs if omitted.',
    })
    filter: JwkFilterInput | null,
    @Ctx() { reads }: Context,
  ): Promise<JwkConnection> {
    const page = readPage(given, (text) => decodeCursor(BY_NAME, text));
    const condition = checkFilter(filter ?? {});
    const found = await listJwks(reads, { ...page, filter: condition });
    return instance(JwkConnection, {
      ...connectionOf(JwkEdge, found, page, { nodeOf, cursorOf }),
      filter: condition,
    });
  }

  @FieldResolver(() => Int, { description: 'Number of JWKs on all pages.' })
  totalCount(@Root() { filter }: JwkConnection, @Ctx() { reads }: Context): Promise<number> {
    return countJwks(reads, filter);
  }
}

function checkFilter(filter: JwkFilter): JwkFilter {
  checkTexts(filter.environment, filter.text);
  if (filter.certificateId != null && !isUuid(filter.certificateId)) throw badInput('certificateId must be a UUID');
  return filter;
}
