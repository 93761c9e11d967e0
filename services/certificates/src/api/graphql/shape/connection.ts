import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { decodeNumberCursor, encodeNumberCursor } from './number-cursor.js';
import { type Page, pageRows } from '../../../features/records/paging/page.js';
import { MAX_FIRST, badInput } from '../errors/bad-input.js';
import { instance } from './instance.js';
import { PageInfo } from './page-info.js';

/** Default size of a page. */
export const PAGE_SIZE = 50;

/** Arguments of every list with pages. A field with another default size sets `extensions.pageSize`. */
@ArgsType()
export class PageArguments {
  @Field(() => Int, {
    nullable: true,
    description: `Number of objects from the start, 1 to ${MAX_FIRST}; ${PAGE_SIZE} if neither \`first\` nor \`last\` is given.`,
  })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns only objects after this cursor.' })
  after?: string | null;

  @Field(() => Int, {
    nullable: true,
    description: `Number of objects from the end, 1 to ${MAX_FIRST}; excludes \`first\`.`,
  })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Returns only objects before this cursor.' })
  before?: string | null;
}

/** Reads the arguments of a page. @param decode undefined: not a cursor of this list @throws GraphQLError */
export function readPage<Cursor>(
  { first, after, last, before }: PageArguments,
  decode: (text: string) => Cursor | undefined,
  pageSize = PAGE_SIZE,
): Page<Cursor> {
  if (first != null && last != null) throw badInput('give first or last, not both');
  for (const [name, size] of Object.entries({ first, last }))
    if (size != null && (size < 1 || size > MAX_FIRST)) throw badInput(`${name} must be 1 to ${MAX_FIRST}`);
  const cursor = (name: string, text: string | null | undefined) => {
    const read = text == null ? null : decode(text);
    if (read === undefined) throw badInput(`${name} is not a cursor of this list`);
    return read;
  };
  return {
    size: first ?? last ?? pageSize,
    after: cursor('after', after),
    before: cursor('before', before),
    backward: last != null,
  };
}

/** The page of a list in the order of numbers. @param kind what its cursors are of */
export function readNumberedPage(given: PageArguments, kind: string, pageSize = PAGE_SIZE): Page<number> {
  return readPage(given, (text) => decodeNumberCursor(kind, text), pageSize);
}

export interface EdgeFields<Node> {
  readonly node: Node;
  readonly cursor: string;
}

/** What is an object of a list, with its cursor: the base of a type named after the object. */
export function edgeType<Node extends object>(node: () => ClassType<Node>) {
  @ObjectType({ simpleResolvers: true })
  abstract class Edge implements EdgeFields<Node> {
    @Field(node, { description: 'The object.' })
    readonly node!: Node;

    @Field(() => String, { description: 'Cursor of the object, for `after` and `before`.' })
    readonly cursor!: string;
  }
  return Edge;
}

/** A page of a list: the base of a type named after its objects. @param order in words */
export function connectionType<Node extends object, Edge extends EdgeFields<Node>>(
  node: () => ClassType<Node>,
  edge: () => ClassType<Edge>,
  order: string,
) {
  @ObjectType({ simpleResolvers: true })
  abstract class Connection {
    @Field(() => [edge()], { description: `The objects of this page with their cursors, ${order}.` })
    readonly edges!: readonly Edge[];

    @Field(() => [node()], { description: 'The objects of this page.' })
    readonly nodes!: readonly Node[];

    @Field(() => PageInfo, { description: 'Position of this page in the list.' })
    readonly pageInfo!: PageInfo;
  }
  return Connection;
}

/** The fields of a connection. @param rows as they were read, with one more than the page has where there is one */
export function connectionOf<Row, Node extends object, Edge extends EdgeFields<Node>>(
  edge: new () => Edge,
  rows: readonly Row[],
  page: Page<unknown>,
  { nodeOf, cursorOf }: { readonly nodeOf: (row: Row) => Node; readonly cursorOf: (row: Row) => string },
) {
  const { rows: own, ...around } = pageRows(rows, page);
  const edges = own.map((row) => Object.assign(new edge(), { node: nodeOf(row), cursor: cursorOf(row) }));
  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: pageInfo(around, edges),
  };
}

export function pageInfo(
  { hasNextPage, hasPreviousPage }: Pick<PageInfo, 'hasNextPage' | 'hasPreviousPage'>,
  edges: readonly { readonly cursor: string }[],
): PageInfo {
  const [startCursor, endCursor] = [edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null];
  return instance(PageInfo, { hasNextPage, hasPreviousPage, startCursor, endCursor });
}

/** A cursor of a list in the order of numbers. */
export function numberCursor<Row>(kind: string, numberOf: (row: Row) => number): (row: Row) => string {
  return (row) => encodeNumberCursor(kind, numberOf(row));
}
