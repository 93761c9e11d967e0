import { Arg, Args, Ctx, Field, FieldResolver, InputType, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { ID } from '../id.js';
import { type CertificateOrder, decodeCursor, encodeCursor } from '../../domain/certificate-list.js';
import { isUuid } from '../../domain/is-uuid.js';
import { type JwkFilter, countJwks, listJwks } from '../../postgres/list-jwks.js';
import type { JwkRecord } from '../../domain/jwk-record.js';
import { badInput, checkTexts } from '../bad-input.js';
import { PageArguments, connectionOf, connectionType, edgeType, readPage } from '../connection.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { Jwk } from './jwk.js';

const BY_NAME: CertificateOrder = { by: 'NAME', descending: false };

@InputType({ description: 'Which JWKs; all conditions hold.' })
export class JwkFilterInput implements JwkFilter {
  @Field(() => String, { nullable: true, description: 'Name of the environment that publishes it.' })
  environment?: string | null;

  @Field(() => ID, { nullable: true, description: 'The certificate that it follows.' })
  certificateId?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of a name, `kid` or algorithm, in any case.' })
  text?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether it follows a certificate.' })
  linked?: boolean | null;
}

@ObjectType({ description: 'A JWK in a list.' })
export class JwkEdge extends edgeType(() => Jwk) {}

@ObjectType({ description: 'A page of JWKs.' })
export class JwkConnection extends connectionType(
  () => Jwk,
  () => JwkEdge,
  'by name',
) {
  filter!: JwkFilter;
}

const nodeOf = (record: JwkRecord) => instance(Jwk, record);
const cursorOf = ({ name, id }: JwkRecord) => encodeCursor(BY_NAME, { sortKey: name, id });

@Resolver(() => JwkConnection)
export class JwkListResolver {
  @Query(() => JwkConnection, { description: 'JWKs by name, page by page.' })
  async jwks(
    @Args(() => PageArguments) given: PageArguments,
    @Arg('filter', () => JwkFilterInput, { nullable: true, description: 'Which ones; none: all.' })
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

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { filter }: JwkConnection, @Ctx() { reads }: Context): Promise<number> {
    return countJwks(reads, filter);
  }
}

function checkFilter(filter: JwkFilter): JwkFilter {
  checkTexts(filter.environment, filter.text);
  if (filter.certificateId != null && !isUuid(filter.certificateId)) throw badInput('certificateId must be a UUID');
  return filter;
}
