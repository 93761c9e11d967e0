import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import { PAGE_SIZE } from '../shape/connection.js';

/** Lengths of the lists without pages, as last counted: environments, and JVMs of a host. */
export interface ListSizes {
  readonly environments: number;
  /** Average number of selected JVMs of a host. */
  readonly jvms: number;
}

/** A handful, whatever is installed: the definitions of a certificate, the JVMs of a host. */
const SHORT_LIST = 2;

/** Lists that are no pages and may be long: there are at most 1,000 environments, and 1,000 JVMs that a host lists. */
const LONG_LISTS: Readonly<Record<string, (sizes: ListSizes) => number>> = {
  'Query.environments': ({ environments }) => environments,
  'Agent.jvms': jvmsOfAHost,
  'DeploymentTarget.jvms': jvmsOfAHost,
  'AdvanceEpochPlan.steps': () => 100,
  // A certificate of a large site has hundreds, most have less than five.
  'CertificateContent.subjectAlternativeNames': () => 20,
};

/** A host is read with its JVMs, and nothing is asked for each: a JVM costs a fraction of a row of a page. */
const JVM_OF_A_HOST = 0.1;

function jvmsOfAHost({ jvms }: ListSizes): number {
  return Math.max(SHORT_LIST, jvms * JVM_OF_A_HOST);
}

/** What the schema says of itself is in memory: an item costs a fraction of a row of a page. */
const ITEM_OF_THE_SCHEMA = 0.1;

/** Multiplier of the selections of a field. */
export function timesOf(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType | undefined,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: ListSizes,
): number {
  const field = fieldOf(parent, node.name.value);
  if (!parent || !field) return 1;
  if (field === SchemaMetaFieldDef || field === TypeMetaFieldDef) return ITEM_OF_THE_SCHEMA;
  return Math.max(1, lengthOf(schema, parent, field, node, variables, sizes));
}

function lengthOf(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: ListSizes,
): number {
  if (field.args.some(({ name }) => name === 'first')) return pageSize(field, node, variables);
  if (!isListType(getNullableType(field.type)) || !isCompositeType(getNamedType(field.type))) return 1;
  // The lists of a page were counted with the page.
  if (parent.name.endsWith('Connection')) return 1;
  const known =
    LONG_LISTS[`${parent.name}.${field.name}`]?.(sizes) ?? lengthsOf(schema)[`${parent.name}.${field.name}`];
  return known ?? SHORT_LIST;
}

/** A field of a type, also of those that graphql-js adds to the root of queries. */
export function fieldOf(
  parent: GraphQLCompositeType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return parent && (isObjectType(parent) || isInterfaceType(parent)) ? parent.getFields()[name] : undefined;
}

/** Maximum number of objects of a page, from the values that the resolver gets, defaults included. */
function pageSize(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = sizesGiven(field, node, variables);
  return sizes.length > 0 ? Math.max(...sizes) : Number(field.extensions.pageSize ?? PAGE_SIZE);
}

function sizesGiven(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number[] {
  const args = field.args.filter(({ name }) => name === 'first' || name === 'last');
  try {
    const given = Object.values(getArgumentValues({ ...field, args }, node, variables));
    return given.filter((size): size is number => typeof size === 'number');
  } catch {
    // Then nothing is resolved either.
    return [];
  }
}

const lengthsOfSchemas = new WeakMap<GraphQLSchema, Readonly<Record<string, number>>>();

/** How long the lists are of which introspection consists: those of one type are as long as those of all types on average. */
function lengthsOf(schema: GraphQLSchema): Readonly<Record<string, number>> {
  let lengths = lengthsOfSchemas.get(schema);
  if (!lengths) {
    const types = Object.values(schema.getTypeMap());
    const composite = types.filter((type) => isObjectType(type) || isInterfaceType(type));
    const fields = composite.flatMap((type) => Object.values(type.getFields()));
    const inputs = types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields()));
    const values = types.filter(isEnumType).flatMap((type) => type.getValues());
    const mean = (of: readonly unknown[], by: readonly unknown[]) => Math.max(SHORT_LIST, of.length / (by.length || 1));
    lengths = {
      '__Schema.types': types.length,
      '__Type.fields': mean(fields, composite),
      '__Type.inputFields': mean(inputs, types),
      '__Type.enumValues': mean(values, types),
    };
    lengthsOfSchemas.set(schema, lengths);
  }
  return lengths;
}
