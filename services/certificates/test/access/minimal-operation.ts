import {
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

const ID = '3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d';

/** The shortest literal that an input type takes. @param names texts by the name of their field or argument */
function literalOf(type: GraphQLInputType, name: string, names: Readonly<Record<string, string>>): string {
  if (isNonNullType(type)) return literalOf(type.ofType, name, names);
  if (isListType(type)) return `[${literalOf(type.ofType, name, names)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const all = Object.values(type.getFields());
    const fields = type.isOneOf ? all.slice(0, 1) : all.filter((field) => isRequiredInputField(field));
    return `{ ${fields.map((field) => `${field.name}: ${literalOf(field.type, field.name, names)}`).join(', ')} }`;
  }
  const scalar = getNamedType(type).name;
  if (scalar === 'Boolean') return 'false';
  if (scalar === 'Int' || scalar === 'Float') return '1';
  return JSON.stringify(scalar === 'ID' ? ID : (names[name] ?? 'x'));
}

/** A root field with the arguments that it must have, and a selection that any answer fulfils. */
export function minimalField(field: GraphQLField<unknown, unknown>, names: Readonly<Record<string, string>>): string {
  const given = field.args
    .filter((argument) => isRequiredArgument(argument))
    .map((argument) => `${argument.name}: ${literalOf(argument.type, argument.name, names)}`);
  const type = getNamedType(field.type);
  const selection = isObjectType(type) || isInterfaceType(type) ? ' { __typename }' : '';
  return `${field.name}${given.length > 0 ? `(${given.join(', ')})` : ''}${selection}`;
}

/** All fields of the root types, as `Query.me`. */
export function rootFields(schema: GraphQLSchema): [string, GraphQLField<unknown, unknown>][] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map((field): [string, GraphQLField<unknown, unknown>] => [
      `${root?.name}.${field.name}`,
      field,
    ]),
  );
}
