import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  graphql,
  isObjectType,
  isScalarType,
  isEnumType,
  isRequiredArgument,
} from 'graphql';
import { type Services, makeContext, sharedFleets } from '../../src/api/graphql/context.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import type { Sql } from '../../src/platform/postgres/statement.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted, updateCertificate } from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { until } from '../support/harness.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const schema = makeSchema();
let database: Database;

const PARENTS = 4;
const MAX_DEPTH = 7;
const START = { epoch: 1, revision: 0 };

/** Many of everything: environments with certificates that changed, with JWKs, and with hosts and JVMs. */
beforeAll(async () => {
  database = await openDatabase(harness.databaseUrl);
  harness.onStop(() => database.close());
  const nats = await harness.connectNats();
  const names = Array.from({ length: PARENTS }, (_, index) => `parent-${index}`);
  for (const name of names) await createEnvironment(service, name);
  for (const name of names) {
    const agent = await TestAgent.enroll(service, name, 'host-1');
    await agent.send(nats, agent.status(START, { jvms: [jvm('a', START), jvm('b', START)] }));
  }
  await until(
    () => harness.sql.query('SELECT FROM agent_statuses'),
    ({ rowCount }) => rowCount === PARENTS,
  );
  for (const [index] of names.entries()) {
    const { certificate } = await createCertificate(service, {
      name: `certificate-${index}`,
      definitions: [pasted(names, `alias-${index}`, makeCertificate(`First ${index}`).pem)],
    });
    for (const environment of names)
      await service.query(
        `mutation ($input: CreateJwkInput!) { createJwk(input: $input) { userErrors { code message } } }`,
        {
          input: {
            certificateId: certificate!.id,
            environment,
            name: `jwk-${index}`,
            use: 'SIGNATURE',
            algorithm: 'ES256',
          },
        },
      );
    await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, description: 'again' });
  }
}, 120_000);

/** Runs a query and counts the statements that it needed. */
async function statementsOf(source: string): Promise<number> {
  let number = 0;
  const counting: Sql = {
    query: (statement, values) => {
      number++;
      return database.query(statement, values);
    },
  };
  const services = {
    database: { ...database, ...counting },
    reads: counting,
    listSizes: () => Promise.resolve({ environments: 1, jvms: 1 }),
    ...sharedFleets(counting),
  } as unknown as Services;
  const contextValue = makeContext(services, { actor: 'test', address: null, requestId: null });
  const { errors } = await graphql({ schema, source, contextValue });
  if (errors) throw new Error(`${source}\n${errors.map(({ message }) => message).join('\n')}`);
  return number;
}

const isLeaf = (type: GraphQLOutputType) => isScalarType(getNamedType(type)) || isEnumType(getNamedType(type));

interface Path {
  /** From a root to an object, outside in. */
  readonly fields: readonly { readonly name: string; readonly paged: boolean }[];
  readonly type: GraphQLObjectType;
}

/** Every way down from a type, into no type twice but where a page has its own. */
function* pathsBelow(path: Path, seen: ReadonlySet<string>): Generator<Path> {
  yield path;
  if (path.fields.length >= MAX_DEPTH) return;
  for (const field of Object.values(path.type.getFields())) {
    const type = getNamedType(field.type);
    if (!isObjectType(type) || seen.has(type.name) || field.args.some(isRequiredArgument)) continue;
    const paged = field.args.some(({ name }) => name === 'first');
    const fields = [...path.fields, { name: field.name, paged }];
    yield* pathsBelow({ fields, type }, new Set([...seen, type.name]));
  }
}

/** A query down a path, with every value and every field below that is an object of values alone. */
function queryOf({ fields, type }: Path, root: string): string {
  const leaves = Object.values(type.getFields()).filter(
    (field) => isLeaf(field.type) && !field.args.some(isRequiredArgument),
  );
  const inner = fields.reduceRight(
    (selection, { name, paged }) => `${name}${paged ? `(first: ${PARENTS})` : ''} { ${selection} }`,
    ['__typename', ...leaves.map(({ name }) => name)].join(' '),
  );
  return root.replace('$', inner);
}

/** A list of parents and the same with one of them alone. */
const ROOTS = [
  ['Environment', '{ environments { $ } }', '{ environment(name: "parent-0") { $ } }'],
  ['Certificate', `{ certificates(first: ${PARENTS}) { nodes { $ } } }`, '{ certificates(first: 1) { nodes { $ } } }'],
  ['Jwk', `{ jwks(first: ${PARENTS}) { nodes { $ } } }`, '{ jwks(first: 1) { nodes { $ } } }'],
  ['AuditRecord', `{ audit(first: ${PARENTS}) { nodes { $ } } }`, '{ audit(first: 1) { nodes { $ } } }'],
] as const;

describe.each(ROOTS)('every path below %s', (typeName, many, one) => {
  test('asks PostgreSQL as often for many as for one', async () => {
    const type = schema.getType(typeName) as GraphQLObjectType;
    const grown: unknown[] = [];
    let walked = 0;
    for (const path of pathsBelow({ fields: [], type }, new Set([typeName]))) {
      const [ofMany, ofOne] = [await statementsOf(queryOf(path, many)), await statementsOf(queryOf(path, one))];
      walked++;
      if (ofMany > ofOne) grown.push({ query: queryOf(path, many), ofMany, ofOne });
    }
    expect(grown).toEqual([]);
    expect(walked).toBeGreaterThan(0);
    process.stdout.write(`${walked} paths below ${typeName}\n`);
  }, 120_000);
});
