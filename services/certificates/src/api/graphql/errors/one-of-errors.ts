import {
  type ASTNode,
  BREAK,
  GraphQLError,
  type GraphQLInputObjectType,
  type GraphQLSchema,
  Kind,
  isInputObjectType,
  isNonNullType,
  parse,
  visit,
} from 'graphql';

/** What graphql-js says of an input with `@oneOf` that is given in a wrong way: the type, and neither its place nor its fields. */
const LITERAL = /^(?:OneOf Input Object "(\w+)" must specify exactly one key|Field "(\w+)\.\w+" must be non-null)\.$/;
const VARIABLE_VALUE = /^(?:Exactly one key must be specified for OneOf type "\w+"|Field "\w+" must be non-null)\.$/;
const NULLABLE_VARIABLE =
  /^Variable "(\$\w+)" is of type "[^"]+" but must be non-nullable to be used for OneOf Input Object "(\w+)"\.$/;

/** Explains an error of a literal, or of a variable inside one; undefined if it does not concern `@oneOf`. */
export function oneOfMessage(schema: GraphQLSchema, message: string, error: unknown): string | undefined {
  const literal = LITERAL.exec(message);
  const type = oneOfType(schema, literal?.[1] ?? literal?.[2]);
  const [node] = error instanceof GraphQLError ? (error.nodes ?? []) : [];
  if (type) return `Field "${(node && placeOf(node)) ?? type.name}" ${demandOf(type)}`;
  const [, variable = '', typeName] = NULLABLE_VARIABLE.exec(message) ?? [];
  const around = oneOfType(schema, typeName);
  return around && `Variable "${variable}" may be null, but stands in a ${around.name}, which ${demandOf(around)}`;
}

/** @param cause what `coerceInputValue` said @param typeAt the type at a path in the variable */
export function oneOfValueMessage(
  cause: string,
  path: string,
  typeAt: (path: string) => unknown,
): { readonly path: string; readonly told: string } | undefined {
  if (!VARIABLE_VALUE.test(cause)) return undefined;
  // An error about null has the path of the null field; the object that holds it is wrong.
  const own = cause.startsWith('Field') ? path.replace(/\.\w+$/, '') : path;
  const given = typeAt(own);
  const type = isNonNullType(given) ? (given.ofType as unknown) : given;
  return isInputObjectType(type) && type.isOneOf ? { path: own, told: demandOf(type) } : undefined;
}

function demandOf(type: GraphQLInputObjectType): string {
  const fields = Object.keys(type.getFields()).sort();
  return `takes exactly one of ${fields.map((name) => `"${name}"`).join(', ')}, and not null.`;
}

function oneOfType(schema: GraphQLSchema, name: string | undefined): GraphQLInputObjectType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return isInputObjectType(type) && type.isOneOf ? type : undefined;
}

/** Such as `input.definitions[0].from`, from the text that was parsed. */
function placeOf({ loc, kind }: ASTNode): string | undefined {
  if (!loc) return undefined;
  let place: string | undefined;
  visit(parse(loc.source.body), {
    enter(node, _key, parent, path, ancestors) {
      if (node.loc?.start !== loc.start || node.kind !== kind) return undefined;
      const around = parent ? [...ancestors, parent] : ancestors;
      place = around
        .flatMap((ancestor, depth) => {
          const above = around[depth - 1];
          if (Array.isArray(ancestor))
            return isNode(above) && above.kind === Kind.LIST ? [`[${String(path[depth])}]`] : [];
          const named = ancestor as ASTNode;
          return named.kind === Kind.ARGUMENT || named.kind === Kind.OBJECT_FIELD ? [`.${named.name.value}`] : [];
        })
        .join('')
        .replace(/^\./, '');
      return BREAK;
    },
  });
  return place;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'kind' in value;
}
