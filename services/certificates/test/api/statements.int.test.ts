import { beforeAll, describe, expect, test } from '@jest/globals';
import { type GraphQLObjectType, graphql } from 'graphql';
import { type Services, makeContext, sharedFleets } from '../../src/api/graphql/context.js';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { type Database, openDatabase } from '../../src/platform/postgres/database.js';
import type { Sql } from '../../src/platform/postgres/statement.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted, updateCertificate } from '../support/mutations.js';
import { pathsBelow, queryOf } from './nested-paths.js';
import { TEST_CALLER } from '../support/test-caller.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { until } from '../support/harness.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const schema = makeSchema();
let database: Database;

const PARENTS = 4;
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
  const contextValue = makeContext(services, TEST_CALLER, { address: null, requestId: null });
  const { errors } = await graphql({ schema, source, contextValue });
  if (errors) throw new Error(`${source}\n${errors.map(({ message }) => message).join('\n')}`);
  return number;
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
      const [ofMany, ofOne] = [
        await statementsOf(queryOf(path, many, PARENTS)),
        await statementsOf(queryOf(path, one, PARENTS)),
      ];
      walked++;
      if (ofMany > ofOne) grown.push({ query: queryOf(path, many, PARENTS), ofMany, ofOne });
    }
    expect(grown).toEqual([]);
    expect(walked).toBeGreaterThan(0);
    process.stdout.write(`${walked} paths below ${typeName}\n`);
  }, 120_000);
});
