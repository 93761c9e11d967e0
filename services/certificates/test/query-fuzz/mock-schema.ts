import {
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLError,
  isEnumType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isScalarType,
  isUnionType,
} from 'graphql';
import { Random } from './random.js';
import type { Context } from '../../src/api/graphql/context.js';

interface Mock {
  readonly __typename: string;
  readonly seed: string;
}

/**
 * Makes the schema answer by chance, and the same for the same question: values, nulls (where there may be none, too),
 * errors, values that do not fit, at once or later. Whatever has a resolver keeps one; the rest stays properties.
 */
export function answerByChance(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    if (isInterfaceType(type) || isUnionType(type)) type.resolveType = (value: Mock) => value.__typename;
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields()))
      if (field.resolve || type === schema.getQueryType())
        field.resolve = (source: Mock | undefined, args: unknown, _context, info) =>
          mockValue(schema, field.type, `${source?.seed}${JSON.stringify([args, told(info)])}`);
  }
}

/** What a resolver is told, beside its arguments. */
function told(info: GraphQLResolveInfo): unknown {
  const path: unknown[] = [];
  for (let step: GraphQLResolveInfo['path'] | undefined = info.path; step; step = step.prev)
    path.push(step.key, step.typename);
  const { fieldName, fieldNodes, parentType, returnType, variableValues, fragments, operation } = info;
  const nodes = fieldNodes.map(({ loc }) => loc?.start);
  return [path, fieldName, nodes, parentType, returnType, variableValues, Object.keys(fragments), operation.loc?.start];
}

function mockValue(schema: GraphQLSchema, type: GraphQLOutputType, seed: string): unknown {
  const random = new Random(seed);
  if (random.chance(0.003)) throw new Error('thrown');
  if (random.chance(0.003)) return new GraphQLError('returned', { extensions: { code: 'BAD_USER_INPUT' } });
  if (random.chance(0.003)) return random.one<unknown>([{}, [], 'text', 1, () => 'called', Symbol.iterator]);
  if (random.chance(0.002)) return null;
  if (random.chance(0.05)) return later(random.below(4), () => mockValue(schema, type, `${seed}later`));
  if (isNonNullType(type)) return presentValue(schema, type.ofType, seed, random);
  return random.chance(0.1) ? null : presentValue(schema, type, seed, random);
}

function presentValue(schema: GraphQLSchema, type: GraphQLOutputType, seed: string, random: Random): unknown {
  if (isListType(type)) {
    const items = Array.from({ length: random.below(4) }, (_, index) =>
      mockValue(schema, type.ofType as GraphQLOutputType, `${seed}${index}`),
    );
    return random.chance(0.05) ? new Set(items) : items;
  }
  if (isEnumType(type)) return random.one(type.getValues()).value;
  if (isScalarType(type)) return scalar(type.name, random);
  const runtime = isObjectType(type) ? type : random.one(schema.getPossibleTypes(type));
  const mock = { __typename: runtime.name, seed };
  for (const field of Object.values(runtime.getFields()))
    if (!field.resolve)
      Object.defineProperty(mock, field.name, { get: () => mockValue(schema, field.type, `${seed}.${field.name}`) });
  return mock;
}

function scalar(name: string, random: Random): unknown {
  const number = random.below(100);
  if (name === 'Int' || name === 'Float') return number;
  if (name === 'Boolean') return number < 50;
  if (name.startsWith('DateTime'))
    return random.one([new Date(number * 1e9), new Date(number * 1e9).toISOString(), '2026-01-02T03:04:05Z']);
  return name.startsWith('JSON') ? { number, then: 1, list: [null, { __proto__: null }] } : `text ${number}`;
}

async function later(turns: number, value: () => unknown): Promise<unknown> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
  return value();
}

/** A context of an installation with nothing in it: resolvers by chance ask for no more. */
export const EMPTY_CONTEXT = {
  listSizes: () => Promise.resolve({ environments: 1, jvms: 1 }),
} as unknown as Context;
