import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLError,
  GraphQLInt,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  getNamedType,
  getVariableValues,
  isCompositeType,
  typeFromAST,
} from 'graphql';
import { comparisonsIn } from './comparisons.js';
import { type ListSizes, fieldOf, timesOf } from './list-lengths.js';

/** Limits of one operation. */
export const OPERATION_LIMITS = Object.freeze({
  depth: 16,
  aliases: 30,
  complexity: 20_000,
  tokens: 5_000,
  comparisons: 20_000,
});

/** Length below which a text cannot need more comparisons. */
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

const SMALLER: Readonly<Record<keyof Sums, string>> = {
  depth: 'ask for what is nested deeper in another operation',
  aliases: 'ask in several operations',
  complexity: 'ask for smaller pages, or for fewer fields of each object',
};

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
 * @returns its complexity
 * @throws GraphQLError `LIMIT_EXCEEDED`
 */
export function enforceLimits(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: ListSizes,
): number {
  const sums = costOf(schema, document, operation, variables, sizes);
  for (const name of ['depth', 'aliases', 'complexity'] as const)
    if (sums[name] > OPERATION_LIMITS[name])
      throw limitExceeded(
        `the operation's ${name} is ${sums[name]}, the limit is ${OPERATION_LIMITS[name]}: ${SMALLER[name]}`,
      );
  return sums.complexity;
}

function limitExceeded(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED', http: { status: 400 } } });
}

interface Measured {
  readonly of: string;
  readonly sums: Readonly<Sums>;
}

/** What an operation cost last; most are asked again with the same sizes of pages. */
const lastCosts = new WeakMap<OperationDefinitionNode, Measured>();

function costOf(...asked: Parameters<typeof operationCost>): Readonly<Sums> {
  const [schema, , operation, variables, sizes] = asked;
  const numbers = numberVariables(schema, operation).map(({ variable }) => variables[variable.name.value]);
  // What is no number is refused later, and may be long.
  if (numbers.some((value) => value != null && typeof value !== 'number')) return operationCost(...asked);
  const of = [sizes.environments, sizes.jvms, ...numbers].map(String).join();
  const last = lastCosts.get(operation);
  if (last?.of === of) return last.sums;
  const sums = operationCost(...asked);
  lastCosts.set(operation, { of, sums });
  return sums;
}

/** Size of an operation with the values of its variables, defaults included. */
export function operationCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  sizes: ListSizes,
): Readonly<Sums> {
  const numbers = numbersOf(schema, operation, variables);
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
      const field = fieldOf(parent, node.name.value);
      const type = field && getNamedType(field.type);
      const inner = node.selectionSet
        ? measure(node.selectionSet, isCompositeType(type) ? type : undefined)
        : { depth: 0, aliases: 0, complexity: 0 };
      const times = timesOf(schema, parent, node, numbers, sizes);
      add({
        depth: inner.depth + 1,
        aliases: inner.aliases + (node.alias ? 1 : 0),
        complexity: 1 + Math.ceil(times * inner.complexity),
      });
    }
    measured.set(set, sums);
    return sums;
  };

  return measure(operation.selectionSet, schema.getRootType(operation.operation) ?? undefined);
}

/** Values of the variables that can be the size of a page. Those of a wrong type are none: nothing is executed with them. */
function numbersOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return getVariableValues(schema, numberVariables(schema, operation), variables, { maxErrors: 1 }).coerced ?? {};
}

function numberVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): readonly VariableDefinitionNode[] {
  return variableDefinitions.filter(({ type }) => getNamedType(typeFromAST(schema, type)) === GraphQLInt);
}

function compositeType(schema: GraphQLSchema, name: string): GraphQLCompositeType | undefined {
  const type = schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}
