import { getIntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { ask } from '../support/service-process.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const fingerprints: string[] = [];
const ids: string[] = [];

/** list-00 to list-24; odd ones in `odd`, even ones in `even`, every fifth ends in i days. */
beforeAll(async () => {
  for (const name of ['odd', 'even']) await createEnvironment(service, name);
  for (let i = 0; i < 25; i++) {
    const made = makeCertificate(`Subject ${i}`, i % 5 === 0 ? { days: i + 1 } : {});
    fingerprints.push(made.fingerprint);
    const { certificate } = await createCertificate(service, {
      name: `list-${String(i).padStart(2, '0')}`,
      description: i === 7 ? '100% sure_of it' : '',
      definitions: [pasted([i % 2 ? 'odd' : 'even'], `alias-${i}`, made.pem)],
    });
    ids.push(certificate!.id);
  }
});

interface Page {
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

async function list(variables: object): Promise<Page> {
  const { certificates } = await service.query<{ certificates: Page }>(
    `query ($first: Int, $after: String, $filter: CertificateFilterInput, $orderBy: CertificateOrderInput) {
       certificates(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
         nodes { id name } pageInfo { hasNextPage endCursor } totalCount } }`,
    { first: 50, ...variables },
  );
  return certificates;
}

const names = ({ nodes }: Page) => nodes.map(({ name }) => name);
const numbers = (page: Page) => names(page).map((name) => Number(name.slice(5)));

async function walk(variables: object): Promise<string[]> {
  const found: string[] = [];
  let after: string | null = null;
  do {
    const page: Page = await list({ ...variables, first: 4, after });
    found.push(...names(page));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

describe('a list of certificates', () => {
  test('has each with all its definitions, and those with all their environments, as it is by itself', async () => {
    for (const name of ['first', 'second', 'third']) await createEnvironment(service, name);
    const places = [['first', 'third'], ['second'], ['apimanager', 'odd', 'even']];
    const { certificate } = await createCertificate(service, {
      name: 'several',
      definitions: places.map((each, index) => pasted(each, `several-${index}`, makeCertificate().pem)),
    });
    const fields = `id name description version createdAt updatedAt
      definitions { id alias source url fingerprint environments { id name title kind epoch revision diverged { epoch } } }`;
    interface View {
      definitions: { environments: { name: string }[] }[];
    }
    const { page, one } = await service.query<{ page: { nodes: View[] }; one: View }>(
      `{ page: certificates(filter: { text: "several" }) { nodes { ${fields} } } one: certificate(by: { name: "several" }) { ${fields} } }`,
    );
    const inOrder = ({ definitions, ...rest }: View) => ({
      ...rest,
      definitions: definitions.map(({ environments, ...definition }) => ({
        ...definition,
        environments: environments.sort((a, b) => (a.name < b.name ? -1 : 1)),
      })),
    });
    expect(page.nodes.map(inOrder)).toEqual([inOrder(one)]);
    expect(inOrder(one).definitions.map(({ environments }) => environments.map(({ name }) => name))).toEqual(
      places.map((each) => [...each].sort()),
    );
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1 });
  });

  test('names the environments of definitions that are stored in another order than they stand in', async () => {
    const [kept, added] = ['in-odd', 'in-even'].map((alias) =>
      pasted([alias.slice(3)], alias, makeCertificate(alias).pem),
    );
    const { certificate } = await createCertificate(service, { name: 'two-places', definitions: [kept!] });
    const { id, version, definitions } = certificate!;
    // The new one comes first, and is stored last.
    const second = { id: definitions[0]!.id, alias: 'in-odd', environments: ['odd'] };
    await updateCertificate(service, { id, expectedVersion: version, definitions: [added!, second] });
    const { certificates } = await service.query<{
      certificates: { nodes: { definitions: { alias: string; environments: { name: string }[] }[] }[] };
    }>('{ certificates(filter: { text: "two-places" }) { nodes { definitions { alias environments { name } } } } }');
    expect(certificates.nodes).toEqual([
      {
        definitions: [
          { alias: 'in-even', environments: [{ name: 'even' }] },
          { alias: 'in-odd', environments: [{ name: 'odd' }] },
        ],
      },
    ]);
    await deleteCertificate(service, { id, expectedVersion: version + 1 });
  });

  test.each(['NAME', 'CREATED_AT', 'UPDATED_AT', 'NOT_AFTER'])(
    'by %s gives each once, in order, both ways',
    async (by) => {
      const forth = await walk({ orderBy: { by, descending: false } });
      const back = await walk({ orderBy: { by, descending: true } });
      expect([...forth].sort()).toEqual(Array.from({ length: 25 }, (_, i) => `list-${String(i).padStart(2, '0')}`));
      expect(back).toEqual([...forth].reverse());
      if (by === 'NAME' || by === 'CREATED_AT') expect(forth).toEqual([...forth].sort());
      if (by === 'NOT_AFTER')
        expect(forth.slice(0, 5)).toEqual(['list-00', 'list-05', 'list-10', 'list-15', 'list-20']);
    },
  );

  test('stays whole when something is created or changed between its pages', async () => {
    const first = await list({ first: 10 });
    await createCertificate(service, {
      name: 'list-00a',
      definitions: [pasted(['apimanager'], 'between', makeCertificate().pem)],
    });
    await updateCertificate(service, { id: ids[3], expectedVersion: 1, description: 'changed' });
    const rest = await list({ first: 50, after: first.pageInfo.endCursor });
    expect([...numbers(first), ...numbers(rest)]).toEqual(Array.from({ length: 25 }, (_, i) => i));
    await harness.sql.query(`DELETE FROM certificates WHERE name = 'list-00a'`);
  });

  test('is filtered by environment, text, fingerprint and end of validity, all together', async () => {
    expect(numbers(await list({ filter: { environment: 'odd' } }))).toEqual([
      1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23,
    ]);
    expect(numbers(await list({ filter: { text: 'ALIAS-2' } }))).toEqual([2, 20, 21, 22, 23, 24]);
    expect(numbers(await list({ filter: { text: 'cn=subject 11' } }))).toEqual([11]);
    expect(numbers(await list({ filter: { text: '100%' } }))).toEqual([7]);
    expect(numbers(await list({ filter: { text: 'sure_of' } }))).toEqual([7]);
    expect(numbers(await list({ filter: { text: 'sureXof' } }))).toEqual([]);
    const colons = fingerprints[9]!.toUpperCase().replace(/..(?!$)/g, '$&:');
    expect(numbers(await list({ filter: { fingerprint: colons } }))).toEqual([9]);
    expect(numbers(await list({ filter: { expiringWithinDays: 12 } }))).toEqual([0, 5, 10]);
    const both = await list({ filter: { expiringWithinDays: 12, environment: 'even' }, first: 1 });
    expect(numbers(both)).toEqual([0]);
    expect(both).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
    expect(
      numbers(await list({ filter: { environment: 'odd' }, orderBy: { by: 'NAME', descending: true }, first: 2 })),
    ).toEqual([23, 21]);
  });

  test('is filtered by what the JVMs have proven', async () => {
    const nats = await harness.connectNats();
    const agent = await TestAgent.enroll(service, 'odd', 'host');
    const at = { epoch: 1, revision: 3 };
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', null, { state: 'UNMANAGED' })] }));
    const live = await until(
      () => list({ filter: { live: true } }),
      ({ nodes }) => nodes.length > 0,
    );
    expect(numbers(live)).toEqual([1, 3, 5]);
    expect(numbers(await list({ filter: { live: false, environment: 'odd' } }))).toEqual([
      7, 9, 11, 13, 15, 17, 19, 21, 23,
    ]);
    expect((await list({ filter: { live: false } })).totalCount).toBe(22);
    // On a new host: it uses its truststore, in which there is no certificate yet.
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at), jvm('b', null)] }));
    await until(
      () => list({ filter: { live: true } }),
      ({ nodes }) => nodes.length === 0,
    );
    await agent.send(nats, agent.status(at, { jvms: [jvm('a', at)] }));
    await until(
      () => list({ filter: { live: true } }),
      ({ nodes }) => nodes.length > 0,
    );
    await harness.sql.query('UPDATE agent_statuses SET diverged = true WHERE agent_id = $1', [
      agent.registration.agent,
    ]);
    expect((await list({ filter: { live: true } })).nodes).toEqual([]);
  });

  test.each([
    [{ first: 0 }, 'first must be'],
    [{ first: 501 }, 'first must be'],
    [{ after: 'garbage' }, 'not a cursor'],
    [{ after: Buffer.from('["CREATED_AT","x","y"]').toString('base64url') }, 'not a cursor'],
    [{ filter: { text: '\0' } }, 'NUL'],
    [{ filter: { expiringWithinDays: -1 } }, 'expiringWithinDays'],
  ])('refuses %j', async (variables, message) => {
    await expect(list(variables)).rejects.toThrow(message);
  });
});

describe('node', () => {
  test('finds whatever has an id', async () => {
    const { environments } = await service.query<{ environments: { id: string }[] }>('{ environments { id } }');
    const agent = await TestAgent.enroll(service, 'even', 'node-host');
    const { deployment } = await createCertificate(service, {
      name: 'node',
      definitions: [pasted(['even'], 'node', makeCertificate().pem)],
    });
    const typeOf = async (id: string) => {
      const { node } = await service.query<{ node: { __typename: string; id: string } | null }>(
        'query ($id: ID!) { node(id: $id) { __typename id } }',
        { id },
      );
      return node && [node.__typename, node.id === id];
    };
    expect(await typeOf(ids[0]!)).toEqual(['Certificate', true]);
    expect(await typeOf(environments[0]!.id)).toEqual(['Environment', true]);
    expect(await typeOf(agent.registration.agent)).toEqual(['Agent', true]);
    expect(await typeOf(deployment!.id)).toEqual(['Deployment', true]);
    expect(await typeOf('00000000-0000-4000-8000-000000000000')).toBeNull();
    expect(await typeOf("' OR 1=1 --")).toBeNull();
  });
});

describe('a request', () => {
  test('without a valid token is refused before anything of it is read', async () => {
    expect(await ask(service.url, 'tca_wrong', '{ __schema { types { name } } }')).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
    });
  });

  test.each([
    ['depth', `{ __type(name: "Query") { ${'ofType { '.repeat(16)} name ${'} '.repeat(16)} } }`, 'LIMIT_EXCEEDED'],
    [
      'aliases',
      `{ ${Array.from({ length: 31 }, (_, i) => `a${i}: environments { name }`).join(' ')} }`,
      'LIMIT_EXCEEDED',
    ],
    [
      'complexity that counts first',
      `{ ${Array.from({ length: 6 }, (_, i) => `a${i}: certificates(first: 500) { nodes { id definitions { id alias environments { id name title } } } }`).join(' ')} }`,
      'LIMIT_EXCEEDED',
    ],
    ['tokens', `{ ${'environments { name } '.repeat(2_000)} }`, 'GRAPHQL_PARSE_FAILED'],
  ])('is measured: %s', async (_what, query, code) => {
    const { errors } = await service.graphql(query);
    expect(errors?.[0]?.extensions?.code).toBe(code);
  });

  test('is measured with its variables, and through fragments', async () => {
    const query = `query ($n: Int) { a: certificates(first: $n) { ...F } b: certificates(first: $n) { ...F } }
      fragment F on CertificateConnection { nodes { id definitions { id alias source content { pem subject issuer } environments { id name title kind } } } }`;
    expect((await service.graphql(query, { n: 10 })).errors).toBeUndefined();
    const { errors } = await service.graphql(query.replace('a:', 'a0: certificates(first: $n) { ...F } a:'), {
      n: 500,
    });
    expect(errors).toMatchObject([{ extensions: { code: 'LIMIT_EXCEEDED' } }]);
  });

  test('may ask for the schema', async () => {
    expect((await service.graphql(getIntrospectionQuery())).errors).toBeUndefined();
  });

  test('that does not fit the schema is told so without its values', async () => {
    const { errors } = await service.graphql(
      'mutation ($input: CreateCertificateInput!) { createCertificate(input: $input) { userErrors { code } } }',
      {
        input: {
          name: 'x',
          definitions: [{ alias: 'a', environments: 7, from: { clipboard: { content: [PRIVATE_KEY_PEM] } } }],
        },
      },
    );
    expect(errors!.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain(PRIVATE_KEY_PEM.split('\n')[1]);
    expect(JSON.stringify(errors)).not.toContain('BEGIN');
  });

  test.each<[string, string, Record<string, unknown>?]>([
    ['for the schema', getIntrospectionQuery()],
    [
      'for a list with all that belongs to it',
      `{ certificates(first: 5) { totalCount pageInfo { endCursor hasNextPage } edges { cursor node { __typename id createdAt
        definitions { alias environments { name kind diverged { detectedAt } } content { notAfter daysLeft } } } } } }`,
    ],
    [
      'for a node of any type',
      '{ node(id: "00000000-0000-4000-8000-000000000000") { id ... on Certificate { name } } }',
    ],
    ['with a value that is refused', '{ certificates(first: 0) { totalCount } }'],
    ['with a variable of a wrong type', 'query ($n: Int!) { certificates(first: $n) { totalCount } }', { n: 'many' }],
    ['without a variable', 'query ($n: Int!) { certificates(first: $n) { totalCount } }'],
  ])('%s gets the same answer when it comes again', async (_what, query, variables = {}) => {
    const first = await service.graphql(query, variables);
    expect([await service.graphql(query, variables), await service.graphql(query, variables)]).toEqual([first, first]);
  });

  test('that fails inside gets an id that the log has, and nothing else', async () => {
    await harness.sql.query('ALTER TABLE certificates RENAME TO certificates_away');
    const query = '{ certificates { totalCount } }';
    const answers = [await service.graphql(query), await service.graphql(query)];
    await harness.sql.query('ALTER TABLE certificates_away RENAME TO certificates');
    for (const { errors } of answers) {
      const [error] = errors!;
      expect(error).toMatchObject({ message: 'internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } });
      const { id } = error!.extensions as { id: string };
      await until(
        () => Promise.resolve(service.output()),
        (output) => output.includes(id),
      );
    }
  });
});
