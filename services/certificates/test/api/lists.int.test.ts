import { beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
  updateCertificate,
} from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const fingerprints: string[] = [];
const ids: string[] = [];

/** Numbers of the certificates in the order in which they are made, which is not that of their names. */
const MADE = Array.from({ length: 25 }, (_, index) => (index * 7) % 25);
/** Those that are changed afterwards, in this order. */
const CHANGED = [20, 4, 11];
const nameOf = (i: number) => `list-${String(i).padStart(2, '0')}`;

/** list-00 to list-24; odd ones in `odd`, even ones in `even`; every fifth ends soon, in another order again. */
beforeAll(async () => {
  for (const name of ['odd', 'even']) await createEnvironment(service, name);
  for (const i of MADE) {
    const made = makeCertificate(`Subject ${i}`, i % 5 === 0 ? { days: 1 + ((i * 3) % 25) } : {});
    fingerprints[i] = made.fingerprint;
    const { certificate } = await createCertificate(service, {
      name: nameOf(i),
      description: i === 7 ? '100% sure_of it' : '',
      definitions: [pasted([i % 2 ? 'odd' : 'even'], `alias-${i}`, made.pem)],
    });
    ids[i] = certificate!.id;
  }
  for (const i of CHANGED) await updateCertificate(service, { id: ids[i], expectedVersion: 1, description: 'changed' });
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

  test.each<[string, readonly number[]]>([
    ['NAME', [...MADE].sort((a, b) => a - b)],
    ['CREATED_AT', MADE],
    ['UPDATED_AT', [...MADE.filter((i) => !CHANGED.includes(i)), ...CHANGED]],
    ['NOT_AFTER', [0, 10, 20, 5, 15]],
  ])('by %s gives each once, in order, both ways', async (by, first) => {
    const forth = await walk({ orderBy: { by, descending: false } });
    const back = await walk({ orderBy: { by, descending: true } });
    expect([...forth].sort()).toEqual(Array.from({ length: 25 }, (_, i) => nameOf(i)));
    expect(back).toEqual([...forth].reverse());
    expect(forth.slice(0, first.length)).toEqual(first.map(nameOf));
  });

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
    expect(numbers(await list({ filter: { expiringWithinDays: 12 } }))).toEqual([0, 10, 20]);
    const both = await list({ filter: { expiringWithinDays: 12, environment: 'even' }, first: 1 });
    expect(numbers(both)).toEqual([0]);
    expect(both).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
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
    // Those that revisions 1 to 3 of the environment brought.
    expect(numbers(live)).toEqual([3, 7, 21]);
    expect(numbers(await list({ filter: { live: false, environment: 'odd' } }))).toEqual([
      1, 5, 9, 11, 13, 15, 17, 19, 23,
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
