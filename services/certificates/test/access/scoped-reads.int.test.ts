import { beforeAll, describe, expect, test } from '@jest/globals';
import type { GraphQLObjectType } from 'graphql';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { type MadeToken, createToken } from '../support/api-tokens.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted, updateCertificate } from '../support/mutations.js';
import { pathsBelow, queryOf } from '../api/nested-paths.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const schema = makeSchema();
const START = { epoch: 1, revision: 0 };
/** In every name of what somebody who sees the environment `open` alone must not see. */
const HIDDEN = 'zzhidden';
const CREATE_JWK = 'mutation ($input: CreateJwkInput!) { createJwk(input: $input) { userErrors { message } } }';

let viewer: MadeToken;
let all: MadeToken;
const ids: Record<string, string> = {};

/** Of everything: some in `open`, some elsewhere, and a certificate in both. */
beforeAll(async () => {
  const nats = await harness.connectNats();
  const places = { open: 'open', hidden: `env-${HIDDEN}` };
  for (const [label, environment] of Object.entries(places)) {
    await createEnvironment(service, environment);
    const word = label === 'open' ? 'seen' : HIDDEN;
    const agent = await TestAgent.enroll(service, environment, `host-${word}`);
    ids[`agent-${label}`] = agent.registration.agent;
    await agent.send(nats, agent.status(START, { jvms: [{ ...jvm('a', START), mainClass: `Main-${word}` }] }));
    const { certificate } = await createCertificate(service, {
      name: `certificate-${word}`,
      definitions: [pasted([environment], `alias-${word}`, makeCertificate(`Subject ${word}`).pem)],
    });
    ids[`certificate-${label}`] = certificate!.id;
    const input = { certificateId: certificate!.id, name: `jwk-${word}`, use: 'SIGNATURE', algorithm: 'ES256' };
    await service.query(CREATE_JWK, { input: { ...input, environment } });
  }
  await until(
    () => harness.sql.query('SELECT FROM agent_statuses'),
    ({ rowCount }) => rowCount === 2,
  );
  const { certificate } = await createCertificate(service, {
    name: 'certificate-shared',
    definitions: [
      pasted(['open'], 'alias-seen-shared', makeCertificate('Subject seen shared').pem),
      pasted([places.hidden], `alias-${HIDDEN}-shared`, makeCertificate(`Subject ${HIDDEN} shared`).pem),
    ],
  });
  ids.shared = certificate!.id;
  await updateCertificate(service, { id: certificate!.id, expectedVersion: 1, description: 'changed' });
  viewer = await createToken(service, { permissions: ['VIEW', 'EXPORT'], environments: ['open'] });
  all = await createToken(service, { permissions: ['VIEW', 'EXPORT'] });
}, 120_000);

const ROOTS = [
  ['Environment', '{ environments { $ } }'],
  ['Certificate', '{ certificates(first: 5) { nodes { $ } } }'],
  ['Jwk', '{ jwks(first: 5) { nodes { $ } } }'],
  ['AuditRecord', '{ audit(first: 10) { nodes { $ } } }'],
  ['Agent', '{ agents(environment: "open") { nodes { $ } } }'],
  ['TruststoreEntry', '{ truststore(environment: "open", first: 10) { nodes { $ } } }'],
] as const;

describe.each(ROOTS)('every path below %s', (typeName, root) => {
  test('answers who sees one environment without a word of another', async () => {
    const type = schema.getType(typeName) as GraphQLObjectType;
    const told: string[] = [];
    const failed: unknown[] = [];
    let [walked, seen] = [0, 0];
    for (const path of pathsBelow({ fields: [], type }, new Set([typeName]))) {
      const query = queryOf(path, root, 5);
      const answer = await viewer.ask(query);
      walked++;
      if (answer.errors) failed.push({ query, errors: answer.errors });
      const text = JSON.stringify(answer);
      if (text.includes('seen') || text.includes('open')) seen++;
      if (text.includes(HIDDEN)) told.push(query);
    }
    expect(failed).toEqual([]);
    expect(told).toEqual([]);
    expect(walked).toBeGreaterThan(5);
    expect(seen).toBeGreaterThan(0);
  }, 120_000);
});

describe('who sees one environment', () => {
  test('is told the same of another as of one that does not exist', async () => {
    for (const field of ['environment(name: $name) { name }', 'agents(environment: $name) { totalCount }']) {
      const query = `query ($name: String!) { ${field} }`;
      const [hidden, none] = [
        await viewer.ask(query, { name: `env-${HIDDEN}` }),
        await viewer.ask(query, { name: 'env-nowhere' }),
      ];
      expect(JSON.stringify(hidden).replaceAll(`env-${HIDDEN}`, '')).toBe(
        JSON.stringify(none).replaceAll('env-nowhere', ''),
      );
      expect(hidden.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
  });

  test('finds nothing else by its id', async () => {
    for (const id of [ids['certificate-hidden'], ids['agent-hidden']])
      expect((await viewer.ask('query ($id: ID!) { node(id: $id) { id } }', { id })).data).toEqual({ node: null });
    for (const id of [ids['certificate-open'], ids['agent-open'], ids.shared])
      expect((await viewer.ask('query ($id: ID!) { node(id: $id) { id } }', { id })).data).toEqual({ node: { id } });
  });

  test('counts what is seen', async () => {
    const query = '{ environments { name } certificates { totalCount nodes { name } } jwks { totalCount } }';
    expect((await viewer.ask(query)).data).toEqual({
      environments: [{ name: 'open' }],
      certificates: { totalCount: 2, nodes: [{ name: 'certificate-seen' }, { name: 'certificate-shared' }] },
      jwks: { totalCount: 1 },
    });
    expect((await all.ask(query)).data).toMatchObject({ certificates: { totalCount: 3 }, jwks: { totalCount: 2 } });
  });

  test('exports what is seen', async () => {
    const response = await fetch(`${service.url}/export?format=json`, {
      headers: { authorization: `Bearer ${viewer.token}` },
    });
    const text = await response.text();
    expect(text).toContain('certificate-shared');
    expect(text).not.toContain(HIDDEN);
  });
});

test('every table with rows of environments has its view, with all its columns', async () => {
  const columns = async (schemaName: string) => {
    const { rows } = await harness.sql.query<{ table: string; columns: string }>(
      `SELECT table_name AS table, string_agg(column_name, ' ' ORDER BY column_name) AS columns
       FROM information_schema.columns WHERE table_schema = $1 GROUP BY table_name`,
      [schemaName],
    );
    return new Map(rows.map(({ table, columns: all }) => [table, all]));
  };
  const [tables, views] = [await columns('public'), await columns('trustcast_scope')];
  for (const [view, own] of views) expect([view, own]).toEqual([view, tables.get(view)]);
  /** They say nothing of an environment, or are reached through a row that is seen. */
  const WITHOUT = [
    'audit_removed',
    'audit_seals',
    'audit_unsealed',
    'base_entries',
    'bases',
    'idempotency_keys',
    'import_progress',
    'installation',
    'key_lists',
    'migrations',
    'request_nonces',
    'signing_keys',
    'x509_certificates',
  ];
  expect([...tables.keys()].filter((table) => !views.has(table)).sort()).toEqual(WITHOUT);
});
