import type { NatsConnection } from '@nats-io/transport-node';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { isMarker, markerCertificate, readKeystore, writePkcs12 } from '@trustcast/keystore';
import { type Entry, agentPaths, baseDigest, encodeBaseReport } from '@trustcast/schema';
import { pemOf, readCertificates } from '@trustcast/x509';
import { until } from '../support/harness.js';
import { type MadeCertificate, PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import {
  type UserErrorView,
  createCertificate,
  createEnvironment,
  deleteCertificate,
  pasted,
} from '../support/mutations.js';
import { TestAgent, jvm } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let nats: NatsConnection;
const base = ['Alpha', 'beta', 'Gamma'].map((name) => ({ name, ...makeCertificate(`Base ${name}`) }));
const entriesOf = (...made: readonly (MadeCertificate & { name: string })[]): Entry[] =>
  made.map(({ name, der }) => ({ alias: `base/${name}`, der }));

/** `view`: managed `one` at revision 1 and `two` at 2; two hosts with different bases, of which `beta` is in both. */
beforeAll(async () => {
  nats = await harness.connectNats();
  await createEnvironment(service, 'view');
  for (const [name, days] of [
    ['one', 365],
    ['two', 5],
  ] as const)
    await createCertificate(service, {
      name,
      definitions: [pasted(['view'], name, makeCertificate(name, { days }).pem)],
    });
  const [a, b] = [await TestAgent.enroll(service, 'view', 'host-a'), await TestAgent.enroll(service, 'view', 'host-b')];
  await reportBase(a, entriesOf(base[0]!, base[1]!));
  await reportBase(b, entriesOf(base[1]!, base[2]!));
  const [first, second] = [
    { epoch: 1, revision: 1 },
    { epoch: 1, revision: 2 },
  ];
  await a.send(nats, a.status(second, { jvms: [jvm('a', second), jvm('b', first)] }));
  await b.send(nats, b.status(second, { jvms: [jvm('c', second), jvm('d', second, { state: 'UNMANAGED' })] }));
  await until(
    () => view(),
    ({ nodes }) => nodes[0]?.jvms === 3,
  );
});

async function reportBase(agent: TestAgent, entries: readonly Entry[], digest = baseDigest(entries)) {
  const ask = async (given: readonly Entry[] | null) => {
    const response = await fetch(`${service.url}${agentPaths.base}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${agent.token}`, 'content-type': 'application/json' },
      body: encodeBaseReport({ digest, entries: given }),
    });
    return { status: response.status, ...((await response.json()) as { known?: boolean; code?: string }) };
  };
  const before = await ask(null);
  return { before, after: before.known ? before : await ask(entries) };
}

interface View {
  readonly nodes: readonly {
    readonly origin: string;
    readonly alias: string;
    readonly hosts: number;
    readonly jvms: number;
    readonly live: number;
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

async function view(variables: object = {}): Promise<View> {
  const { truststore } = await service.query<{ truststore: View }>(
    `query ($environment: String!, $first: Int, $after: String, $filter: TruststoreFilterInput) {
       truststore(environment: $environment, first: $first, after: $after, filter: $filter) {
         nodes { origin alias fingerprint hosts jvms live certificate { name } content { subject notAfter } }
         pageInfo { hasNextPage endCursor } totalCount } }`,
    { environment: 'view', first: 50, ...variables },
  );
  return truststore;
}
const aliases = ({ nodes }: View) => nodes.map(({ alias }) => alias);

describe('the truststore of an environment', () => {
  test('has managed entries and those of every base, with the JVMs that use them', async () => {
    const { nodes, totalCount } = await view();
    expect(nodes).toMatchObject([
      { origin: 'MANAGED', alias: 'one', hosts: 2, jvms: 3, live: 3, certificate: { name: 'one' } },
      { origin: 'MANAGED', alias: 'two', hosts: 2, jvms: 3, live: 2, content: { subject: 'CN=two' } },
      { origin: 'BASE', alias: 'base/Alpha', hosts: 1, jvms: 2, live: 2, certificate: null },
      { origin: 'BASE', alias: 'base/beta', hosts: 2, jvms: 3, live: 3, content: { subject: 'CN=Base beta' } },
      { origin: 'BASE', alias: 'base/Gamma', hosts: 1, jvms: 1, live: 1 },
    ]);
    expect(totalCount).toBe(5);
  });

  test('has no managed entry live on a host that diverged: its revisions are not those of the database', async () => {
    const live = async () => (await view()).nodes.map((node) => node.live);
    const set = 'UPDATE agent_statuses SET diverged = $1 WHERE agent_id = (SELECT id FROM agents WHERE name = $2)';
    await harness.sql.query(set, [true, 'host-b']);
    expect(await live()).toEqual([2, 1, 2, 3, 1]);
    await harness.sql.query(set, [false, 'host-b']);
    expect(await live()).toEqual([3, 2, 2, 3, 1]);
  });

  test('is read page by page, searched and filtered', async () => {
    const found: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: View = await view({ first: 2, after });
      found.push(...aliases(page));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(found).toEqual(['one', 'two', 'base/Alpha', 'base/beta', 'base/Gamma']);
    expect(aliases(await view({ filter: { text: 'cn=base' } }))).toEqual(['base/Alpha', 'base/beta', 'base/Gamma']);
    expect(aliases(await view({ filter: { text: base[2]!.fingerprint.slice(0, 16) } }))).toEqual(['base/Gamma']);
    expect(aliases(await view({ filter: { origin: 'MANAGED' } }))).toEqual(['one', 'two']);
    const expiring = await view({ filter: { expiringWithinDays: 10 } });
    expect([aliases(expiring), expiring.totalCount]).toEqual([['two'], 1]);
    expect(await view({ environment: 'nowhere' })).toBeNull();
    await expect(view({ after: 'garbage' })).rejects.toThrow('not a cursor');
  });
});

describe('a base', () => {
  test('travels once for all hosts that have it, and is forgotten with the last of them', async () => {
    await createEnvironment(service, 'bases');
    const agents = [await TestAgent.enroll(service, 'bases', 'a'), await TestAgent.enroll(service, 'bases', 'b')];
    const entries = entriesOf({ name: 'own', ...makeCertificate() });
    expect(await reportBase(agents[0]!, entries)).toMatchObject({ before: { known: false }, after: { known: true } });
    expect(await reportBase(agents[1]!, entries)).toMatchObject({ before: { known: true } });
    expect((await view({ environment: 'bases' })).nodes).toHaveLength(1);
    const other = entriesOf({ name: 'other', ...makeCertificate('Other') });
    for (const agent of agents) await reportBase(agent, other);
    expect(aliases(await view({ environment: 'bases' }))).toEqual(['base/other']);
    const { rows } = await harness.sql.query('SELECT 1 FROM bases WHERE digest = $1', [baseDigest(entries)]);
    expect(rows).toEqual([]);
  });

  test('is refused when its certificates are not those of its digest', async () => {
    const agent = await TestAgent.enroll(service, 'view', 'liar');
    const entries = entriesOf({ name: 'own', ...makeCertificate() });
    const { after } = await reportBase(agent, entries, '0'.repeat(64));
    expect(after).toMatchObject({ status: 400, code: 'MALFORMED' });
  });
});

describe('the truststore as a file', () => {
  const download = (query: string, headers: Record<string, string> = {}) =>
    fetch(`${service.url}/environments/view/truststore${query}`, {
      headers: { authorization: `Bearer ${service.token}`, ...headers },
    });

  test('is a PKCS#12 without a marker, with a password where one is given', async () => {
    const response = await download('', { 'x-truststore-password': 'se cret' });
    expect(response.headers.get('content-disposition')).toContain('filename="view-truststore.p12"');
    const bytes = Buffer.from(await response.arrayBuffer());
    const { entries, integrityVerified } = readKeystore(bytes, { password: 'se cret' });
    expect(integrityVerified).toBe(true);
    expect(entries.map(({ alias }) => alias)).toEqual(['one', 'two', 'base/Alpha', 'base/beta', 'base/Gamma']);
    expect(entries.some(({ der }) => isMarker(der))).toBe(false);
    expect(() => readKeystore(bytes, { password: 'wrong' })).toThrow();
    expect((await download('', { 'x-truststore-password': '\t\u00e9' })).status).toBe(400);
  });

  test('is a PEM bundle, of the managed certificates alone where that is asked for', async () => {
    const text = await (await download('?format=pem&origin=MANAGED')).text();
    expect(text).toMatch(/^# one\n-----BEGIN CERTIFICATE-----\n/);
    expect(readCertificates(text)).toHaveLength(2);
    expect((await download('?format=jks')).status).toBe(400);
  });
});

describe('an existing truststore', () => {
  interface Imported {
    readonly plan: string | null;
    readonly items: readonly { name: string; action: string; userErrors: readonly UserErrorView[] }[];
    readonly userErrors: readonly UserErrorView[];
  }
  async function importTruststore(file: Uint8Array | string, more: object = {}): Promise<Imported> {
    const { payload } = await service.query<{ payload: Imported }>(
      `mutation ($input: ImportTruststoreInput!) { payload: importTruststore(input: $input) {
         plan items { name action userErrors { __typename code message field } }
         userErrors { __typename code message field } } }`,
      { input: { environment: 'taken-over', content: Buffer.from(file).toString('base64'), dryRun: false, ...more } },
    );
    return payload;
  }

  test('becomes managed certificates, each that can be, and says of the others why not', async () => {
    await createEnvironment(service, 'taken-over');
    const [good, held] = [makeCertificate('Good'), makeCertificate('Held')];
    await createCertificate(service, { name: 'holder', definitions: [pasted(['taken-over'], 'holder', held.pem)] });
    const marker = markerCertificate('11111111-2222-3333-4444-555555555555');
    const file = writePkcs12(
      [
        { alias: 'good', der: good.der },
        { alias: 'held', der: held.der },
        { alias: 'marker', der: marker },
        { alias: 'base/root', der: makeCertificate('Root').der },
      ],
      { password: 'changeit' },
    );
    const preview = await importTruststore(file, { dryRun: true, password: 'changeit' });
    const expected = [
      { name: 'good', action: 'ADD', userErrors: [] },
      { name: 'held', action: 'REFUSE', userErrors: [{ code: 'DUPLICATE_CERTIFICATE' }] },
      { name: 'marker', action: 'REFUSE', userErrors: [{ code: 'INVALID_INPUT' }] },
      { name: 'base/root', action: 'REFUSE', userErrors: [{ code: 'INVALID_INPUT' }] },
    ];
    expect(preview.items).toMatchObject(expected);
    expect(aliases(await view({ environment: 'taken-over' }))).toEqual(['holder']);
    const done = await importTruststore(file, { password: 'changeit', expectedPlan: preview.plan });
    expect(done).toMatchObject({ items: expected, userErrors: [] });
    expect(aliases(await view({ environment: 'taken-over' }))).toEqual(['good', 'holder']);
  });

  test('with what was deleted because compromised is told so of that entry, and the others go in', async () => {
    await createEnvironment(service, 'with-compromised');
    const [good, leaked] = [makeCertificate('Trusted'), makeCertificate('Leaked')];
    const { certificate } = await createCertificate(service, {
      name: 'leaked',
      definitions: [pasted(['with-compromised'], 'leaked', leaked.pem)],
    });
    await deleteCertificate(service, { id: certificate!.id, expectedVersion: 1, compromised: 'key found on a forum' });
    const file = writePkcs12([
      { alias: 'leaked', der: leaked.der },
      { alias: 'trusted', der: good.der },
    ]);
    const more = { environment: 'with-compromised', onConflict: 'SKIP' };
    const preview = await importTruststore(file, { ...more, dryRun: true });
    expect(preview.items).toMatchObject([
      { name: 'leaked', action: 'REFUSE', userErrors: [{ code: 'CERTIFICATE_COMPROMISED', field: ['definitions'] }] },
      { name: 'trusted', action: 'ADD', userErrors: [] },
    ]);
    expect(await importTruststore(file, { ...more, expectedPlan: preview.plan })).toMatchObject({ userErrors: [] });
    expect(aliases(await view({ environment: 'with-compromised' }))).toEqual(['trusted']);
  });

  test('in PEM names its certificates by their subjects', async () => {
    const made = [makeCertificate('Same Name'), makeCertificate('Same Name')];
    const { items } = await importTruststore(made.map(({ der }) => pemOf(der)).join(''));
    expect(items).toMatchObject([
      { name: 'same-name', action: 'ADD' },
      { name: 'same-name-2', action: 'ADD' },
    ]);
  });

  test.each([
    ['a private key', PRIVATE_KEY_PEM, {}, 'PRIVATE_KEY_NOT_ALLOWED'],
    ['no keystore', 'hello', {}, 'MALFORMED_CERTIFICATE'],
    ['an environment that is not there', makeCertificate().pem, { environment: 'nowhere' }, 'ENVIRONMENT_NOT_FOUND'],
  ])('is refused with %s', async (_what, file, more, code) => {
    expect((await importTruststore(file, more)).userErrors).toMatchObject([{ code }]);
  });
});
