import { Arg, Ctx, Field, FieldResolver, InputType, Int, ObjectType, Query, Resolver, Root } from 'type-graphql';
import { ID } from '../id.js';
import { type CertificateOrder, decodeCursor, encodeCursor } from '../../domain/certificate-list.js';
import { isUuid } from '../../domain/is-uuid.js';
import { type JwkFilter, countJwks, listJwks } from '../../postgres/list-jwks.js';
import { MAX_FIRST, badInput, checkFirst, checkTexts } from '../bad-input.js';
import type { Context } from '../context.js';
import { instance } from '../instance.js';
import { PageInfo } from '../page-info.js';
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
export class JwkEdge {
  @Field(() => Jwk, { description: 'The JWK.' })
  node!: Jwk;

  @Field(() => String, { description: 'What a page that starts after it comes after.' })
  cursor!: string;
}

@ObjectType({ description: 'A page of JWKs.' })
export class JwkConnection {
  filter!: JwkFilter;

  @Field(() => [JwkEdge], { description: 'The JWKs with their cursors.' })
  edges!: readonly JwkEdge[];

  @Field(() => [Jwk], { description: 'The JWKs.' })
  nodes!: readonly Jwk[];

  @Field(() => PageInfo, { description: 'Where this page is.' })
  pageInfo!: PageInfo;
}

@Resolver(() => JwkConnection)
export class JwkListResolver {
  @Query(() => JwkConnection, { description: 'JWKs by name, page by page.' })
  async jwks(
    @Arg('first', () => Int, { defaultValue: 50, description: `Size of the page, 1 to ${MAX_FIRST}.` }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The cursor of the last one before this page.' })
    after: string | null,
    @Arg('filter', () => JwkFilterInput, { nullable: true, description: 'Which ones; none: all.' })
    filter: JwkFilterInput | null,
    @Ctx() { database }: Context,
  ): Promise<JwkConnection> {
    checkFirst(first);
    const cursor = after == null ? null : decodeCursor(BY_NAME, after);
    if (cursor === undefined) throw badInput('after is not a cursor of this list');
    const condition = checkFilter(filter ?? {});
    const found = await listJwks(database, { filter: condition, first, after: cursor });
    const edges = found.slice(0, first).map((record) =>
      instance(JwkEdge, {
        node: instance(Jwk, record),
        cursor: encodeCursor(BY_NAME, { sortKey: record.name, id: record.id }),
      }),
    );
    return instance(JwkConnection, {
      filter: condition,
      edges,
      nodes: edges.map(({ node }) => node),
      pageInfo: instance(PageInfo, { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null }),
    });
  }

  @FieldResolver(() => Int, { description: 'How many there are on all pages.' })
  totalCount(@Root() { filter }: JwkConnection, @Ctx() { database }: Context): Promise<number> {
    return countJwks(database, filter);
  }
}

function checkFilter(filter: JwkFilter): JwkFilter {
  checkTexts(filter.environment, filter.text);
  if (filter.certificateId != null && !isUuid(filter.certificateId)) throw badInput('certificateId must be a UUID');
  return filter;
}
