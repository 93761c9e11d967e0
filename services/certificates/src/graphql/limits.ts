import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import { comparisonsIn } from './comparisons.js';
import { PAGE_SIZE } from './connection.js';

/** How long the lists are that are no pages: the environments, and the JVMs of a host, as they were counted last. */
export interface ListSizes {
  readonly environments: number;
  /** Selected ones of a host, on average. */
  readonly jvms: number;
}

/** A handful, whatever is installed: the definitions of a certificate, the JVMs of a host. */
const SHORT_LIST = 2;

/** Lists that are no pages and may be long: there are at most 1,000 environments, and 1,000 JVMs that a host lists. */
const LONG_LISTS: Readonly<Record<string, (sizes: ListSizes) => number>> = {
  'Query.environments': ({ environments }) => environments,
  'Agent.jvms': jvmsOfAHost,
  'DeploymentTarget.jvms': jvmsOfAHost,
};

/** A host is read with its JVMs, and nothing is asked for each: a JVM costs a fraction of a row of a page. */
const JVM_OF_A_HOST = 0.1;

function jvmsOfAHost({ jvms }: ListSizes): number {
  return Math.max(SHORT_LIST, jvms * JVM_OF_A_HOST);
}

/** What one operation may ask for. */
export const OPERATION_LIMITS = Object.freeze({
  depth: 16,
  aliases: 30,
  complexity: 20_000,
  tokens: 5_000,
  comparisons: 20_000,
});

/** Shorter text has not the room for more comparisons. */
export const HARMLESS_CHARACTERS = 2_000;

/**
 * Refuses a document before it is validated, if that would take long.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED`
 */
export function enforceValidationLimit(document: DocumentNode): void {
  const { comparisons } = OPERATION_LIMITS;
  if (comparisonsIn(document, comparisons) > comparisons)
    throw limitExceeded(
      `the operation repeats so many fields and fragments in one place that more than ${comparisons} pairs of them must be compared: name each once`,
    );
}

interface Sums {
  depth: number;
  aliases: number;
  complexity: number;
}

/**
 * Refuses an operation that asks for too much: nested too deeply, with too many aliases, or too many fields, where what
 * is asked of a page counts as often as the page's `first` says, and what is asked of another list as often as the list
 * is long.
 *
 * @throws GraphQLError `LIMIT_EXCEEDED`
 */
export function enforceLimits(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: ListSizes,
): void {
  const fragments = new Map<string, FragmentDefinitionNode>(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const measured = new Map<SelectionSetNode, Sums>();

  const measure = (set: SelectionSetNode, parent: GraphQLCompositeType | undefined): Sums => {
    // A fragment that is spread often is measured once.
    const known = measured.get(set);
    if (known) return known;
    const sums: Sums = { depth: 0, aliases: 0, complexity: 0 };
    const add = ({ depth, aliases, complexity }: Sums) => {
      sums.depth = Math.max(sums.depth, depth);
      sums.aliases += aliases;
      sums.complexity += complexity;
    };
    for (const node of set.selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        if (fragment) add(measure(fragment.selectionSet, compositeType(schema, fragment.typeCondition.name.value)));
        continue;
      }
      if (node.kind === Kind.INLINE_FRAGMENT) {
        const name = node.typeCondition?.name.value;
        add(measure(node.selectionSet, name === undefined ? parent : compositeType(schema, name)));
        continue;
      }
      const field =
        parent && (isObjectType(parent) || isInterfaceType(parent)) ? parent.getFields()[node.name.value] : undefined;
      const type = field && getNamedType(field.type);
      const inner = node.selectionSet
        ? measure(node.selectionSet, isCompositeType(type) ? type : undefined)
        : { depth: 0, aliases: 0, complexity: 0 };
      const times = field?.args.some(({ name }) => name === 'first')
        ? pageSize(field, node, variables)
        : lengthOf(parent, field, sizes);
      add({
        depth: inner.depth + 1,
        aliases: inner.aliases + (node.alias ? 1 : 0),
        complexity: 1 + Math.ceil(Math.max(1, times) * inner.complexity),
      });
    }
    measured.set(set, sums);
    return sums;
  };

  const sums = measure(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
  for (const name of ['depth', 'aliases', 'complexity'] as const)
    if (sums[name] > OPERATION_LIMITS[name])
      throw limitExceeded(`the operation's ${name} is ${sums[name]}, the limit is ${OPERATION_LIMITS[name]}`);
}

function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}

/** How many objects a page has at most. */
function pageSize(
  { extensions }: GraphQLField<unknown, unknown>,
  { arguments: given = [] }: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const sizes = given.flatMap(({ name, value }) => {
    if (name.value !== 'first' && name.value !== 'last') return [];
    if (value.kind === Kind.INT) return [Number(value.value)];
    const size = value.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
    return typeof size === 'number' ? [size] : [];
  });
  return sizes.length > 0 ? Math.max(...sizes) : Number(extensions.pageSize ?? PAGE_SIZE);
}

/** The lists of a page were counted with the page. */
const isPage = (type: GraphQLCompositeType | undefined) => type?.name.endsWith('Connection') ?? false;

function lengthOf(
  parent: GraphQLCompositeType | undefined,
  field: GraphQLField<unknown, unknown> | undefined,
  sizes: ListSizes,
): number {
  if (!parent || !field || !isListType(getNullableType(field.type)) || isPage(parent)) return 1;
  if (!isCompositeType(getNamedType(field.type))) return 1;
  return LONG_LISTS[`${parent.name}.${field.name}`]?.(sizes) ?? SHORT_LIST;
}

function compositeType(schema: GraphQLSchema, name: string): GraphQLCompositeType | undefined {
  const type = schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}
