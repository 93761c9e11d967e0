import { beforeAll, describe, expect, test } from '@jest/globals';
import { makeSchema } from '../../src/api/graphql/schema.js';
import { ACCESS, type Need, ROUTES } from '../../src/features/records/access-table.js';
import { PERMISSIONS, type Permission } from '../../src/features/records/grants.js';
import { type MadeToken, createToken } from '../support/api-tokens.js';
import { minimalField, rootFields } from './minimal-operation.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const needs: Readonly<Record<string, Need>> = ACCESS;
const NAMES = { environment: 'apimanager', environments: 'apimanager', name: 'apimanager' };
const rows = rootFields(makeSchema()).map(
  ([name, field]) => [name, minimalField(field, NAMES), needs[name]!.permission] as const,
);
const demanding = rows.filter((row): row is readonly [string, string, Permission] => row[2] !== null);

/** Tokens with one permission, and with all others. */
const having = new Map<Permission, MadeToken>();
const lacking = new Map<Permission, MadeToken>();
/** The same in the one environment. */
const havingHere = new Map<Permission, MadeToken>();
const havingElsewhere = new Map<Permission, MadeToken>();

beforeAll(async () => {
  await createEnvironment(service, 'elsewhere');
  for (const permission of PERMISSIONS) {
    having.set(permission, await createToken(service, { permissions: [permission] }));
    lacking.set(
      permission,
      await createToken(service, { permissions: PERMISSIONS.filter((other) => other !== permission) }),
    );
    havingHere.set(permission, await createToken(service, { permissions: [permission], environments: ['apimanager'] }));
    havingElsewhere.set(
      permission,
      await createToken(service, { permissions: [permission], environments: ['elsewhere'] }),
    );
  }
}, 60_000);

const operation = (name: string, field: string) => `${name.split('.')[0]!.toLowerCase()} { ${field} }`;

interface Failure {
  readonly extensions?: { readonly code?: unknown };
}

const codesOf = (errors: readonly Failure[] = []) => errors.map(({ extensions }) => extensions?.code);

/** Codes of the errors of an operation, over HTTP or, for a subscription, over a WebSocket. */
async function errorsOf(token: MadeToken, name: string, text: string): Promise<unknown[]> {
  if (!name.startsWith('Subscription.')) {
    return codesOf((await token.ask(text)).errors);
  }
  const client = subscriptionClient(harness, service, token.token);
  try {
    const { value } = await client.iterate({ query: text }).next();
    return codesOf((value as { errors?: readonly Failure[] } | undefined)?.errors);
  } catch (error) {
    return codesOf([error].flat() as Failure[]);
  } finally {
    await client.dispose();
  }
}

describe.each(demanding)('%s', (name, field, permission) => {
  const text = operation(name, field);

  test(`is allowed to who has ${permission} alone`, async () => {
    expect(await errorsOf(having.get(permission)!, name, text)).not.toContain('FORBIDDEN');
  });

  test(`is refused to who has all but ${permission}`, async () => {
    expect(await errorsOf(lacking.get(permission)!, name, text)).toEqual(['FORBIDDEN']);
  });

  test('is limited to the environments of the token', async () => {
    const { where } = needs[name]!;
    const here = await errorsOf(havingHere.get(permission)!, name, text);
    const elsewhere = await errorsOf(havingElsewhere.get(permission)!, name, text);
    if (where === 'EVERYWHERE') expect(here).toEqual(['FORBIDDEN']);
    else expect(here).not.toContain('FORBIDDEN');
    if (where === 'SOMEWHERE') expect(elsewhere).not.toContain('FORBIDDEN');
    else expect(elsewhere).toEqual(['FORBIDDEN']);
  });
});

describe.each(PERMISSIONS.map((permission) => [permission] as const))('%s', (permission) => {
  const ofPermission = demanding.filter(
    ([name, , needed]) => needed === permission && !name.startsWith('Subscription.'),
  );

  test('is asked for over a WebSocket as over HTTP, in every query and mutation', async () => {
    for (const [tokens, isAllowed] of [
      [having, true],
      [lacking, false],
    ] as const) {
      const client = subscriptionClient(harness, service, tokens.get(permission)!.token);
      for (const [name, field] of ofPermission) {
        const { value } = await client.iterate({ query: operation(name, field) }).next();
        const codes = codesOf((value as { errors?: readonly Failure[] }).errors);
        expect([name, codes.includes('FORBIDDEN')]).toEqual([name, !isAllowed]);
      }
      await client.dispose();
    }
  });

  test('is asked for in a multipart request, in fragments, and under any alias', async () => {
    const { token, ask } = lacking.get(permission)!;
    for (const [name, field] of ofPermission) {
      const type = name.split('.')[0]!;
      const hidden = await ask(`${type.toLowerCase()} { ...f } fragment f on ${type} { me: ${field} }`);
      expect([name, codesOf(hidden.errors)]).toEqual([name, ['FORBIDDEN']]);
    }
    const form = new FormData();
    const [name = '', field = ''] = ofPermission[0] ?? [];
    form.set('operations', JSON.stringify({ query: operation(name, field), variables: { file: null } }));
    form.set('map', JSON.stringify({ 0: ['variables.file'] }));
    form.set('0', new Blob(['x']), 'x.pem');
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: form });
    const { errors } = (await response.json()) as { errors?: readonly Failure[] };
    if (ofPermission.length > 0) expect(codesOf(errors)).toEqual(['FORBIDDEN']);
  });
});

test('each field of an operation is asked about by itself, whatever its alias', async () => {
  const viewer = having.get('VIEW')!;
  const { data, errors } = await viewer.ask(
    '{ a: environments { name } b: apiTokens { nodes { id } } c: me { name } }',
  );
  expect(errors?.map(({ extensions }) => extensions)).toEqual([
    { code: 'FORBIDDEN', permission: 'ADMIN', environments: [] },
  ]);
  expect(data).toBeNull();
  const mutations = rows.filter(([name]) => name.startsWith('Mutation.') && !/Tokens?$/.test(name));
  const several = mutations.map(([, field], index) => `m${index}: ${field}`).join(' ');
  const refused = await viewer.ask(`mutation { ${several} }`);
  expect(new Set(refused.errors?.map(({ extensions }) => extensions?.code))).toEqual(new Set(['FORBIDDEN']));
});

test('who may look at nothing is answered about a change, and reads neither history nor hosts beyond it', async () => {
  const rename = (fields: string) =>
    `mutation { updateEnvironment(input: { name: "apimanager", title: "Renamed" }) { environment { ${fields} } userErrors { code } } }`;
  const made = await createCertificate(service, {
    name: 'of-others',
    definitions: [pasted(['apimanager'], 'of-others', makeCertificate().pem)],
  });
  const { id, version } = made.certificate!;
  const change = (fields: string) =>
    `mutation { updateCertificate(input: { id: "${id}", expectedVersion: ${version} }) { ${fields} userErrors { code } } }`;
  const create = (name: string, fields: string) => {
    const content = JSON.stringify(makeCertificate(name).pem);
    const definition = `{ environments: ["apimanager"], alias: "${name}", from: { clipboard: { encoding: BASE64PEM, content: ${content} } } }`;
    return `mutation { createCertificate(input: { name: "${name}", definitions: [${definition}] }) {
      deployment { environments { ${fields} } } userErrors { code } } }`;
  };
  const cases: readonly (readonly [Permission, string, string])[] = [
    ['MANAGE', rename('name'), rename('history(first: 5) { nodes { revision record { actor } } }')],
    ['DEPLOY', change('certificate { name }'), change('certificate { history(first: 5) { nodes { __typename } } }')],
    ['DEPLOY', change('certificate { name }'), change('certificate { impact { __typename } }')],
    ['DEPLOY', create('seen', 'state'), create('unseen', 'targets(first: 5) { totalCount }')],
  ];
  for (const [permission, own, others] of cases) {
    const answered = await havingHere.get(permission)!.ask(own);
    expect(answered.errors).toBeUndefined();
    const { errors } = await havingHere.get(permission)!.ask(others);
    expect([others, errors?.map(({ extensions }) => extensions)]).toEqual([
      others,
      [{ code: 'FORBIDDEN', permission: 'VIEW', environments: [] }],
    ]);
  }
  const both = await createToken(service, { permissions: ['VIEW', 'MANAGE'], environments: ['apimanager'] });
  expect((await both.ask(cases[0]![2])).errors).toBeUndefined();
});

test('a batch is no way around', async () => {
  const response = await fetch(`${service.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${having.get('VIEW')!.token}`, 'content-type': 'application/json' },
    body: JSON.stringify([{ query: '{ apiTokens { nodes { id } } }' }]),
  });
  expect(response.status).toBe(400);
});

test('introspection and me need no permission', async () => {
  const answer = await having
    .get('EXPORT')!
    .ask('{ __schema { queryType { name } } me { kind grants { permission environments } } }');
  expect(answer.errors).toBeUndefined();
  expect(answer.data).toEqual({
    __schema: { queryType: { name: 'Query' } },
    me: { kind: 'API_TOKEN', grants: [{ permission: 'EXPORT', environments: null }] },
  });
});

describe('HTTP routes', () => {
  const ID = '3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d';
  const routes = Object.entries(ROUTES).map(([route, need]) => {
    const [method = '', path = ''] = route.split(' ');
    const asked = path.replace(/:(id|definition)/g, ID).replace(/:(name|environment)/g, 'apimanager');
    return [method, asked, need] as const;
  });
  const isPermission = (need: string): need is Permission => PERMISSIONS.includes(need as Permission);
  const statusOf = async (token: Pick<MadeToken, 'token'> | null, method: string, path: string) => {
    const body = method === 'POST' ? new FormData() : null;
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token.token}` } : {};
    return (await fetch(service.url + path, { method, headers, body })).status;
  };

  test.each(routes)('%s %s needs %s', async (method, path, need) => {
    const withNothing = await statusOf(null, method, path);
    if (['NOTHING', 'METRICS_TOKEN'].includes(need)) {
      expect([401, 403]).not.toContain(withNothing);
      return;
    }
    expect(withNothing).toBe(401);
    // The administrator's token has every permission.
    if (['AGENT', 'ENROLLMENT_TOKEN'].includes(need)) expect(await statusOf(service, method, path)).toBe(401);
    if (!isPermission(need)) return;
    expect([401, 403]).not.toContain(await statusOf(having.get(need)!, method, path));
    expect(await statusOf(lacking.get(need)!, method, path)).toBe(403);
  });

  test('an export has what may be exported, and a truststore is refused elsewhere', async () => {
    expect(await statusOf(havingElsewhere.get('EXPORT')!, 'GET', '/environments/apimanager/truststore')).toBe(403);
    expect(await statusOf(havingElsewhere.get('EXPORT')!, 'GET', '/export?environment=apimanager')).toBe(403);
    expect(await statusOf(havingElsewhere.get('EXPORT')!, 'GET', '/export')).toBe(200);
  });
});
