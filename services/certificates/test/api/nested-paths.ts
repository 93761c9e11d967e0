import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isObjectType,
  isRequiredArgument,
  isScalarType,
} from 'graphql';

const MAX_DEPTH = 7;

export interface Path {
  /** From a root to an object, outside in. */
  readonly fields: readonly { readonly name: string; readonly paged: boolean }[];
  readonly type: GraphQLObjectType;
}

/** Every way down from a type, into no type twice but where a page has its own. */
export function* pathsBelow(path: Path, seen: ReadonlySet<string>): Generator<Path> {
  yield path;
  if (path.fields.length >= MAX_DEPTH) return;
  for (const field of Object.values(path.type.getFields())) {
    const type = getNamedType(field.type);
    if (!isObjectType(type) || seen.has(type.name) || field.args.some(isRequiredArgument)) continue;
    const paged = field.args.some(({ name }) => name === 'first');
    const fields = [...path.fields, { name: field.name, paged }];
    yield* pathsBelow({ fields, type }, new Set([...seen, type.name]));
  }
}

/** A query down a path, with every value and every field below that is an object of values alone. */
export function queryOf({ fields, type }: Path, root: string, pageSize: number): string {
  const leaves = Object.values(type.getFields()).filter(
    (field) => isLeaf(field.type) && !field.args.some(isRequiredArgument),
  );
  const inner = fields.reduceRight(
    (selection, { name, paged }) => `${name}${paged ? `(first: ${pageSize})` : ''} { ${selection} }`,
    ['__typename', ...leaves.map(({ name }) => name)].join(' '),
  );
  return root.replace('$', inner);
}

const isLeaf = (type: GraphQLOutputType) => isScalarType(getNamedType(type)) || isEnumType(getNamedType(type));
