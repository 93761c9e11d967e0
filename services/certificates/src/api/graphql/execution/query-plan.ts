import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeNameMetaFieldDef,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  visit,
} from 'graphql';
// What a selection holds is decided by graphql-js itself, and by nothing else.
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';

/** How a value of a field becomes its answer. */
export type ValueCompletion =
  | { readonly kind: 'leaf'; readonly nonNull: boolean; readonly type: GraphQLLeafType }
  | { readonly kind: 'list'; readonly nonNull: boolean; readonly item: ValueCompletion }
  | { readonly kind: 'object'; readonly nonNull: boolean; readonly selection: Selection };

/** What is asked of an object. */
export interface Selection {
  readonly type: GraphQLObjectType;
  readonly fields: readonly PlannedField[];
}

export interface PlannedField {
  /** Its alias, or its name. */
  readonly key: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  /** The first of them, whose arguments count. */
  readonly node: FieldNode;
  readonly completion: ValueCompletion | { readonly kind: 'typename' };
  /** A value that was read along with its object is there already. */
  readonly prefetched: boolean;
}

export interface QueryPlan {
  readonly selection: Selection;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** It is not planned: graphql-js runs it. */
class NotPlanned extends Error {}

/**
 * Plans a valid query once for all its runs: its fields in order, with how each is completed.
 *
 * @param maxFields what has more is not planned
 * @returns null for what only graphql-js runs: mutations, subscriptions, introspection, fields of an interface or a union,
 * and selections that depend on variables (`@include` and `@skip`)
 */
export function planQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  maxFields: number,
): QueryPlan | null {
  const root = schema.getQueryType();
  if (operation.operation !== OperationTypeNode.QUERY || !root || dependsOnVariables(document)) return null;
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null) as Record<string, never>;
  for (const node of document.definitions)
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node;
  let fieldsLeft = maxFields;

  const select = (type: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): Selection => {
    const fields = [...collected].map(([key, nodes]): PlannedField => {
      const [node] = nodes;
      if (!node || --fieldsLeft < 0) throw new NotPlanned();
      if (node.name.value === TypeNameMetaFieldDef.name)
        return { key, node, nodes, field: TypeNameMetaFieldDef, completion: { kind: 'typename' }, prefetched: false };
      const field = type.getFields()[node.name.value];
      if (!field) throw new NotPlanned();
      return {
        key,
        node,
        nodes,
        field,
        completion: complete(field.type, nodes, false),
        prefetched: field.extensions.prefetched === true,
      };
    });
    return { type, fields };
  };
  const complete = (type: GraphQLOutputType, nodes: readonly FieldNode[], nonNull: boolean): ValueCompletion => {
    if (isNonNullType(type)) return complete(type.ofType, nodes, true);
    if (isListType(type)) return { kind: 'list', nonNull, item: complete(type.ofType, nodes, false) };
    if (isLeafType(type)) return { kind: 'leaf', nonNull, type };
    if (!isObjectType(type) || type.isTypeOf) throw new NotPlanned();
    const selection = select(type, collectSubfields(schema, fragments, {}, type, nodes));
    return { kind: 'object', nonNull, selection };
  };

  try {
    return { selection: select(root, collectFields(schema, fragments, {}, root, operation.selectionSet)), fragments };
  } catch (error) {
    if (error instanceof NotPlanned) return null;
    throw error;
  }
}

function dependsOnVariables(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: (node) => {
      found ||= node.arguments?.some(({ value }) => value.kind === Kind.VARIABLE) ?? false;
    },
  });
  return found;
}
