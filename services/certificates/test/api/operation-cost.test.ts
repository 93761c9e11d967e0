import 'reflect-metadata';
import { expect, test } from '@jest/globals';
import { type DocumentNode, getIntrospectionQuery, getOperationAST, parse, validate } from 'graphql';
import { enforceLimits, operationCost } from '../../src/api/graphql/limits/limits.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { Random } from '../query-fuzz/random.js';

const schema = makeSchema();
const SIZES = { environments: 3, jvms: 4 };

function costOf(text: string, variables: Record<string, unknown> = {}) {
  const document: DocumentNode = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return operationCost(schema, document, getOperationAST(document)!, variables, SIZES);
}

/** Pages within pages, whose sizes are variables. */
function nestedPages(random: Random, sizes: string[]): string {
  const page = (depth: number): string => {
    const name = `n${sizes.length}`;
    sizes.push(name);
    const inner = depth > 0 && random.chance(0.8) ? ` certificate { ${page(depth - 1)} }` : '';
    return `history(${random.chance(0.7) ? 'first' : 'last'}: $${name}) { nodes { id actor${inner} } }`;
  };
  return `certificates(first: $top) { nodes { name ${page(3)} } }`;
}

test('the cost of an operation is the same with sizes of pages that are given, default, and half of each', () => {
  for (let seed = 0; seed < 100; seed++) {
    const random = new Random(`cost ${seed}`);
    const names = ['top'];
    const body = nestedPages(random, names);
    const values = names.map((name) => [name, 1 + Math.floor(random.next() * 500)] as const);
    const given = costOf(
      `query (${names.map((name) => `$${name}: Int!`).join()}) { ${body} }`,
      Object.fromEntries(values),
    );
    const written = costOf(
      `{ ${values.reduce((text, [name, value]) => text.replace(`$${name})`, `${value})`), body)} }`,
    );
    const required = random.chance(0.5) ? '!' : '';
    const defaults = values.map(([name, value]) => `$${name}: Int${required} = ${value}`).join();
    const half = Object.fromEntries(values.filter(() => random.chance(0.5)));
    expect(written).toEqual(given);
    expect(costOf(`query (${defaults}) { ${body} }`)).toEqual(given);
    expect(costOf(`query (${defaults}) { ${body} }`, half)).toEqual(given);
  }
});

test('a size that a resolver refuses makes nothing cheaper', () => {
  const two = (first: number) =>
    costOf(`{ certificates(first: ${first}) { nodes { name history { nodes { id } } } } }`);
  expect(two(-1_000).complexity).toBeGreaterThan(50);
});

test('names of certificates count as a list of some length', () => {
  const names = (first: number) =>
    costOf(
      `{ certificates(first: ${first}) { nodes { definitions { content { subjectAlternativeNames { value } } } } } }`,
    );
  expect(names(50).complexity).toBeGreaterThan(2_000);
});

test('introspection is allowed, and what repeats its lists within each other is not', () => {
  const asked = (text: string) => () => enforceLimits(schema, parse(text), getOperationAST(parse(text))!, {}, SIZES);
  for (const given of [{}, { inputValueDeprecation: true, specifiedByUrl: true, schemaDescription: true }])
    expect(asked(getIntrospectionQuery(given))).not.toThrow();
  const nested = (depth: number): string =>
    `fields { name args { name type { name } } ${depth > 0 ? `type { ${nested(depth - 1)} }` : ''} }`;
  expect(asked(`{ __schema { types { name ${nested(3)} } } }`)).toThrow(/complexity is \d+/);
});
