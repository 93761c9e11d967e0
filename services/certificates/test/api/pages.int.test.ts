import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeJwk } from '../support/jwk-stage.js';
import { makeCertificates } from '../support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const SIZE = 7;

/** In one environment: certificates with their JWKs, agents, compromised certificates, and what was done. */
beforeAll(async () => {
  await createEnvironment(service, 'paged');
  const made = makeCertificates(2 * SIZE);
  const definitions = made.slice(0, SIZE).map((each, index) => pasted(['paged'], `alias-${index}`, each.pem));
  for (const [index, definition] of definitions.entries()) {
    const { certificate } = await createCertificate(service, { name: `paged-${index}`, definitions: [definition] });
    await makeJwk(service, certificate!.id, 'paged');
    await service.query(
      'mutation ($name: String!) { createAgent(input: { environment: "paged", name: $name }) { token } }',
      { name: `host-${index}` },
    );
  }
  for (const [index, { pem }] of made.slice(SIZE).entries()) {
    const name = `leaked-${index}`;
    const { certificate } = await createCertificate(service, {
      name,
      definitions: [pasted(['apimanager'], name, pem)],
    });
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1, compromised: 'leaked' });
  }
  const { one } = await service.query<{ one: { id: string } }>('{ one: certificate(by: { name: "paged-0" }) { id } }');
  for (let version = 1; version < SIZE; version++)
    await updateCertificate(service, { id: one.id, expectedVersion: version, description: `version ${version}` });
});

interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: object }[];
  readonly nodes: readonly object[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

const PAGE = '$first: Int, $last: Int, $after: String, $before: String';
const GIVEN = 'first: $first, last: $last, after: $after, before: $before';
/** Each list with what tells its objects apart. */
const LISTS: Record<string, (page: string) => string> = {
  certificates: (page) => `list: certificates(${GIVEN}) { ${page.replace('KEY', 'id name')} }`,
  'certificates by a time, descending': (page) =>
    `list: certificates(${GIVEN}, orderBy: { by: CREATED_AT, descending: true }) { ${page.replace('KEY', 'id')} }`,
  'certificates by what they share': (page) =>
    `list: certificates(${GIVEN}, filter: { text: "paged" }, orderBy: { by: NOT_AFTER }) { ${page.replace('KEY', 'id')} }`,
  jwks: (page) => `list: jwks(${GIVEN}) { ${page.replace('KEY', 'id')} }`,
  audit: (page) => `list: audit(${GIVEN}) { ${page.replace('KEY', 'id')} }`,
  agents: (page) => `list: agents(environment: "paged", ${GIVEN}) { ${page.replace('KEY', 'name')} }`,
  truststore: (page) => `list: truststore(environment: "paged", ${GIVEN}) { ${page.replace('KEY', 'alias')} }`,
  compromisedCertificates: (page) =>
    `list: compromisedCertificates(${GIVEN}) { ${page.replace('KEY', 'fingerprint')} }`,
  'history of a certificate': (page) =>
    `parent: certificate(by: { name: "paged-0" }) { list: history(${GIVEN}) { ${page.replace('KEY', 'id')} } }`,
  'history of an environment': (page) =>
    `parent: environment(name: "paged") { list: history(${GIVEN}) { ${page.replace('KEY', 'revision')} } }`,
  'targets of a deployment': (page) =>
    `parent: environment(name: "paged") { history(first: 1) { nodes { progress {
       list: targets(${GIVEN}) { ${page.replace('KEY', 'agent { name }')} } } } } }`,
};
const FIELDS =
  'edges { cursor node { KEY } } nodes { KEY } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

describe.each(Object.entries(LISTS))('the list of %s', (_name, list) => {
  const query = `query (${PAGE}) { ${list(FIELDS.replace('nodes { KEY }', `nodes { __typename }`))} }`;
  const read = async (variables: object): Promise<Connection> => {
    const found = await service.query<{
      list?: Connection;
      parent?: { list?: Connection; history?: { nodes: { progress: { list: Connection } }[] } };
    }>(query, variables);
    return (found.list ?? found.parent?.list ?? found.parent?.history?.nodes[0]?.progress.list)!;
  };
  const textsOf = ({ edges }: Connection) => edges.map(({ node }) => JSON.stringify(node));

  test('is the same forth and back, in pages of any size, and tells its ends', async () => {
    const all = textsOf(await read({ first: 500 }));
    expect(all.length).toBeGreaterThanOrEqual(SIZE);
    expect(new Set(all).size).toBe(all.length);
    for (const size of [1, 3, all.length]) {
      const forth: string[] = [];
      for (let after: string | null = null, more = true; more;) {
        const page: Connection = await read({ first: size, after });
        expect(page.pageInfo).toMatchObject({
          hasPreviousPage: forth.length > 0,
          startCursor: page.edges[0]!.cursor,
          endCursor: page.edges.at(-1)!.cursor,
        });
        expect(page.nodes).toHaveLength(page.edges.length);
        forth.push(...textsOf(page));
        ({ endCursor: after, hasNextPage: more } = page.pageInfo);
      }
      expect(forth).toEqual(all);
      const back: string[] = [];
      for (let before: string | null = null, more = true; more;) {
        const page: Connection = await read({ last: size, before });
        expect(page.pageInfo.hasNextPage).toBe(back.length > 0);
        back.unshift(...textsOf(page));
        ({ startCursor: before, hasPreviousPage: more } = page.pageInfo);
      }
      expect(back).toEqual(all);
    }
  });

  test('has what is between two cursors, from either end', async () => {
    const all = await read({ first: 500 });
    const [after, before] = [all.edges[0]!.cursor, all.edges.at(-1)!.cursor];
    const between = textsOf(all).slice(1, -1);
    expect(textsOf(await read({ after, before, first: 2 }))).toEqual(between.slice(0, 2));
    expect(textsOf(await read({ after, before, last: 2 }))).toEqual(between.slice(-2));
    expect(textsOf(await read({ after, before }))).toEqual(between.slice(0, 50));
    const none = await read({ after: before, first: 1 });
    expect(none).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, startCursor: null, endCursor: null } });
  });

  test.each<[object, string]>([
    [{ first: 1, last: 1 }, 'first or last, not both'],
    [{ first: 0 }, 'first must be 1 to 500'],
    [{ last: 501 }, 'last must be 1 to 500'],
    [{ last: 1, before: 'garbage' }, 'before is not a cursor of this list'],
    [{ first: 1, after: Buffer.from('["x"]').toString('base64url') }, 'after is not a cursor of this list'],
  ])('refuses %j', async (variables, message) => {
    await expect(read(variables)).rejects.toThrow(message);
  });
});

test('what a revision changed comes in pages forth and back', async () => {
  const definitions = (await makeCertificatesIn('changed', 5)).map(({ name }) => name);
  const { environment } = await service.query<{
    environment: { history: { nodes: { forth: Connection; back: Connection; rest: Connection }[] } };
  }>(
    `{ environment(name: "changed") { history(first: 1) { nodes {
         forth: changes(first: 3) { ${FIELDS.replaceAll('KEY', 'name')} }
         back: changes(last: 3) { ${FIELDS.replaceAll('KEY', 'name')} } } } } }`,
  );
  const [revision] = environment.history.nodes;
  const names = ({ nodes }: Connection) => nodes.map((node) => (node as { name: string }).name);
  expect(new Set([...names(revision!.forth), ...names(revision!.back)])).toEqual(new Set(definitions));
  expect(names(revision!.forth).slice(-1)).toEqual(names(revision!.back).slice(0, 1));
  expect([revision!.forth.pageInfo.hasNextPage, revision!.back.pageInfo.hasPreviousPage]).toEqual([true, true]);
});

test('a page counts by its last as by its first', async () => {
  const query = (page: string) =>
    `{ ${Array.from({ length: 6 }, (_, i) => `a${i}: certificates(${page}: 500) { nodes { id definitions { id alias environments { id name title } } } }`).join(' ')} }`;
  for (const page of ['first', 'last'])
    expect((await service.graphql(query(page))).errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
});

/** Several certificates that came with one revision. */
async function makeCertificatesIn(environment: string, count: number): Promise<readonly { readonly name: string }[]> {
  await createEnvironment(service, environment);
  const content = makeCertificates(count)
    .map(({ pem }) => pem)
    .join('');
  const { payload } = await service.query<{ payload: { items: { name: string }[] } }>(
    `mutation ($input: ImportTruststoreInput!) {
       payload: importTruststore(input: $input) { items { name } userErrors { code } } }`,
    { input: { environment, content: Buffer.from(content).toString('base64'), dryRun: false } },
  );
  return payload.items;
}
