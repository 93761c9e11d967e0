import { type ExecutionResult, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { LRUCache } from 'lru-cache';

/** Tools ask one or two questions again and again; an answer with the whole schema takes some megabytes. */
const MAX_ANSWERS = 4;
const OF_THE_SCHEMA = new Set(['__schema', '__type', '__typename']);

/** Remembers what the schema is answered with: it does not change, and to say all of it takes tens of milliseconds. */
export class SchemaAnswers {
  readonly #answers = new LRUCache<OperationDefinitionNode, ExecutionResult>({ max: MAX_ANSWERS });

  /** @param execute answers an operation that asks for nothing but the schema, and has no variables */
  async answer(
    operation: OperationDefinitionNode,
    execute: () => ExecutionResult | Promise<ExecutionResult>,
  ): Promise<ExecutionResult> {
    if (!asksForSchema(operation)) return execute();
    const known = this.#answers.get(operation);
    if (known) return known;
    const answer = await execute();
    this.#answers.set(operation, answer);
    return answer;
  }
}

function asksForSchema({ operation, variableDefinitions = [], selectionSet }: OperationDefinitionNode): boolean {
  return (
    operation === OperationTypeNode.QUERY &&
    variableDefinitions.length === 0 &&
    selectionSet.selections.every((node) => node.kind === Kind.FIELD && OF_THE_SCHEMA.has(node.name.value))
  );
}
