import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import { buildSchema, getOperationAST, parse } from 'graphql';
import { enforceLimits } from './limits.js';
import type { ListSizes } from './list-lengths.js';

const schema = buildSchema(`
  type Query { environments: [Environment!]! environment: Environment deployment: DeploymentEnvironment }
  type DeploymentEnvironment { targets(first: Int! = 50): TargetConnection! }
  type TargetConnection { nodes: [DeploymentTarget!]! }
  type DeploymentTarget { jvms: [Jvm!]! }
  type Jvm { pid: Int! }
  type Environment { name: String! tags: [String!]! history(first: Int! = 50): RevisionConnection! }
  type RevisionConnection { nodes: [Revision!]! }
  type Revision { number: Int! changes(first: Int! = 20): ChangeConnection! lines: [Line!]! }
  type ChangeConnection { nodes: [Change!]! }
  type Change { name: String! }
  type Line { alias: String! }
`);

function enforced(query: string, sizes: Partial<ListSizes> = {}): () => void {
  const document = parse(query);
  const operation = getOperationAST(document)!;
  return () => enforceLimits(schema, document, operation, {}, { environments: 1, jvms: 1, ...sizes });
}

const HISTORIES = '{ environments { history(first: 500) { nodes { changes(first: 5) { nodes { name } } } } } }';

describe('the complexity of an operation', () => {
  test('grows with a list that is no page, by as many as there are', () => {
    expect(enforced(HISTORIES)).not.toThrow();
    expect(enforced(HISTORIES, { environments: 20 })).toThrow(
      /complexity is \d{6}, the limit is 20000: ask for smaller pages/,
    );
  });

  test('counts a page by what it asks for, whatever is installed', () => {
    const one = HISTORIES.replace('environments', 'environment');
    expect(enforced(one, { environments: 1_000, jvms: 1_000 })).not.toThrow();
  });

  test('counts a list of values as one field', () => {
    expect(enforced('{ environments { name tags } }', { environments: 6_000 })).not.toThrow();
    expect(enforced('{ environments { name tags } }', { environments: 11_000 })).toThrow();
  });

  test('counts the JVMs of hosts by how many they have, each for less than a row of a page', () => {
    const query = '{ deployment { targets(first: 500) { nodes { jvms { pid } } } } }';
    expect(enforced(query, { jvms: 300 })).not.toThrow();
    expect(enforced(query, { jvms: 1_000 })).toThrow();
  });

  test('counts any other list as a short one', () => {
    const lines = (first: number) =>
      `{ environment { history(first: ${first}) { nodes { lines { alias } number } } } }`;
    expect(enforced(lines(3_900))).not.toThrow();
    expect(enforced(lines(5_000))).toThrow();
  });

  test('is that of the values of each request, also when the same document was measured with others before', () => {
    const document = parse('query ($n: Int = 9000) { environment { history(first: $n) { nodes { number } } } }');
    const operation = getOperationAST(document)!;
    const cost = (variables: Record<string, unknown>, environments = 1) =>
      enforceLimits(schema, document, operation, variables, { environments, jvms: 1 });
    const costs = [{ n: 10 }, {}, { n: null }, { n: 10 }, {}, { n: 'many' }].map((one) => cost(one));
    const [ten, omitted, none] = costs;
    expect(costs).toEqual([ten, omitted, none, ten, omitted, expect.any(Number)]);
    expect(new Set([ten, omitted, none]).size).toBe(3);
    const listed = parse('{ environments { name } }');
    const list = getOperationAST(listed)!;
    const of = (environments: number) => enforceLimits(schema, listed, list, {}, { environments, jvms: 1 });
    expect([of(2), of(200), of(2)]).toEqual([3, 201, 3]);
  });
});
