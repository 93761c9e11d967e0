import {
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ResponsePath,
  getArgumentValues,
} from 'graphql';
import type { PlannedField, QueryPlan, Selection, ValueCompletion } from './query-plan.js';

/** One run of a plan. */
export interface PlannedRun {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly context: unknown;
  /** Coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
}

type Path = ResponsePath | undefined;

/** An object without prototype, so that `__proto__` is a key like others; it is faster than `Object.create(null)`. */
class Answer {
  [key: string]: unknown;
}
Object.setPrototypeOf(Answer.prototype, null);

/**
 * Runs a planned query as graphql-js does, as long as nothing goes wrong.
 *
 * It never rejects, nor leaves a promise behind that might.
 *
 * @returns null after whatever graphql-js makes an error of, or treats in a way of its own: it is to run the query instead
 */
export async function runPlan({ selection, fragments }: QueryPlan, run: PlannedRun): Promise<Answer | null> {
  const { schema, operation, context, variables } = run;
  const state = { failed: false };
  const fail = () => {
    state.failed = true;
    return null;
  };

  const select = ({ type, fields }: Selection, source: unknown, path: Path): Answer | Promise<Answer> => {
    const answer = new Answer();
    let pending: Promise<void>[] | undefined;
    for (const field of fields) {
      const value = valueOf(field, type, source, path);
      answer[field.key] = value;
      if (value instanceof Promise)
        (pending ??= []).push(value.then((settled: unknown) => void (answer[field.key] = settled)));
    }
    return pending ? Promise.all(pending).then(() => answer) : answer;
  };

  const valueOf = (planned: PlannedField, parentType: Selection['type'], source: unknown, prev: Path): unknown => {
    if (state.failed) return null;
    const { key, field, node, nodes, completion } = planned;
    if (completion.kind === 'typename') return parentType.name;
    try {
      if (planned.prefetched) {
        const property = (source as Answer)[field.name];
        if (property != null && !isThenable(property) && typeof property !== 'function')
          return complete(completion, property, { prev, key, typename: parentType.name });
      }
      if (!field.resolve && completion.kind === 'leaf' && field.args.length === 0) {
        // Nothing below asks for a path.
        const property = (source as Answer)[field.name];
        if (typeof property !== 'function' && !isThenable(property)) return complete(completion, property, undefined);
      }
      const path = { prev, key, typename: parentType.name };
      if (!field.resolve) {
        // graphql-js knows what becomes of arguments that nothing takes.
        if (field.args.length > 0) return fail();
        const property = (source as Answer)[field.name];
        return typeof property === 'function' ? fail() : settle(completion, property, path);
      }
      const info: GraphQLResolveInfo = {
        fieldName: field.name,
        fieldNodes: nodes,
        returnType: field.type,
        parentType,
        path,
        schema,
        fragments,
        rootValue: undefined,
        operation,
        variableValues: variables,
      };
      const args = field.args.length === 0 ? {} : getArgumentValues(field, node, variables);
      return settle(completion, field.resolve(source, args, context, info), path);
    } catch {
      return fail();
    }
  };

  /** Completes a value now, or once it is there. */
  const settle = (completion: ValueCompletion, value: unknown, path: Path): unknown =>
    isThenable(value)
      ? Promise.resolve(value).then((settled) => complete(completion, settled, path), fail)
      : complete(completion, value, path);

  const complete = (completion: ValueCompletion, value: unknown, path: Path): unknown => {
    if (value == null) return completion.nonNull ? fail() : null;
    if (value instanceof Error) return fail();
    try {
      if (completion.kind === 'leaf') return completion.type.serialize(value) ?? fail();
      if (completion.kind === 'list') {
        if (!Array.isArray(value)) return fail();
        const { item } = completion;
        const items: unknown[] = [];
        let waits = false;
        for (let key = 0; key < value.length; key++) {
          const settled = settle(item, value[key], { prev: path, key, typename: undefined });
          waits ||= settled instanceof Promise;
          items.push(settled);
        }
        return waits ? Promise.all(items) : items;
      }
      const { selection } = completion;
      if (typeof value !== 'object') return fail();
      return select(selection, value, path);
    } catch {
      return fail();
    }
  };

  const answer = await select(selection, undefined, undefined);
  return state.failed ? null : answer;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
