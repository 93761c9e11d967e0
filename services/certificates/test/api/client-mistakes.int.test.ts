import { describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { Random } from '../query-fuzz/random.js';
import { until } from '../support/harness.js';
import { PRIVATE_KEY_PEM } from '../support/make-certificate.js';
import { ask } from '../support/service-process.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);

interface Told {
  readonly status: number;
  readonly text: string;
  readonly code: unknown;
  readonly message: unknown;
}

async function send(body: string, path = '/graphql'): Promise<Told> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${service.token}` },
    body,
  });
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors?: { message: string; extensions: { code: string } }[] };
  return { status: response.status, text, code: errors?.[0]?.extensions.code, message: errors?.[0]?.message };
}

const MANY_BY_DEFAULT =
  'query ($n: Int! = 500) { certificates(first: $n) { nodes { history(first: $n) { nodes { id } } } } }';
const DEEP = `{ environment(name: "a") { id } ${Array.from({ length: 31 }, (_, index) => `a${index}: __typename`).join(' ')} }`;
const REVISION = 'query ($n: Int!) { rollbackPlan(environment: "apimanager", revision: $n) { expectedRevision } }';
const PAGE = 'query ($n: Int! = 2) { certificates(first: $n) { totalCount } }';

describe('a mistake of the client has a code of its own:', () => {
  test.each<[string, object, number, string]>([
    [
      'two operations and no name',
      { query: 'query A { __typename } query B { __typename }' },
      400,
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['an unknown name', { query: 'query A { __typename }', operationName: 'B' }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['an empty name', { query: 'query A { __typename }', operationName: '' }, 400, 'OPERATION_RESOLUTION_FAILURE'],
    ['null for a variable with a default', { query: PAGE, variables: { n: null } }, 400, 'BAD_USER_INPUT'],
    [
      'null for an argument that takes none',
      { query: 'query ($n: String = "a") { environment(name: $n) { id } }', variables: { n: null } },
      200,
      'BAD_USER_INPUT',
    ],
    ['more than a limit', { query: DEEP }, 400, 'LIMIT_EXCEEDED'],
    ['more than a limit, by the default of a variable', { query: MANY_BY_DEFAULT }, 400, 'LIMIT_EXCEEDED'],
    ['a text that is too long', { query: `{ __typename } #${'x'.repeat(300_000)}` }, 400, 'LIMIT_EXCEEDED'],
    ['a number over 32 bits', { query: REVISION, variables: { n: 2 ** 31 } }, 400, 'BAD_USER_INPUT'],
    [
      'a literal over 32 bits',
      { query: '{ certificates(first: 4294967296) { totalCount } }' },
      400,
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a cursor over 64 bits',
      { query: '{ audit(after: "99999999999999999999") { nodes { id } } }' },
      200,
      'BAD_USER_INPUT',
    ],
    [
      'a subscription by POST',
      { query: 'subscription { latestDeployment(environment: "a") { id } }' },
      400,
      'BAD_REQUEST',
    ],
  ])('%s', async (_what, body, status, code) => {
    expect(await send(JSON.stringify(body))).toMatchObject({ status, code });
  });
});

describe('a body that is not read is answered with what is expected:', () => {
  test.each<[string, string, { type?: string; body: string }, number, RegExp]>([
    ['JSON with single quotes', '/graphql', { body: "{'query': '{ __typename }'}" }, 400, /is not JSON, or/],
    ['JSON that is cut off', '/graphql', { body: '{"query":' }, 400, /is not JSON, or/],
    ['much JSON that is cut off', '/graphql', { body: `{"query":"${'x'.repeat(70_000)}` }, 400, /is not JSON: check/],
    ['nothing', '/graphql', { body: '' }, 400, /body is empty: JSON is expected/],
    ['a member __proto__', '/graphql', { body: '{"variables":{"__proto__":1}}' }, 400, /has a member __proto__/],
    [
      'what curl -d sends',
      '/graphql',
      { type: 'application/x-www-form-urlencoded', body: '{}' },
      415,
      /as application\/json/,
    ],
    ['an upload as JSON', '/uploads/parse', { body: '{}' }, 415, /as multipart\/form-data/],
  ])('%s', async (_what, path, { type = 'application/json', body }, status, detail) => {
    const response = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': type, authorization: `Bearer ${service.token}` },
      body,
    });
    expect([response.status, await response.json()]).toEqual([
      status,
      expect.objectContaining({ code: 'REQUEST_REFUSED', detail: expect.stringMatching(detail) as unknown }),
    ]);
  });
});

const SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldC1zZWNyZXQ';

test.each<[string, object]>([
  ['a literal of another type', { query: `{ certificates(first: "${SECRET}") { totalCount } }` }],
  ['a literal in an object', { query: `{ certificates(filter: {text: {a: "${SECRET}"}}) { totalCount } }` }],
  ['a value of an enum', { query: `{ certificates(orderBy: {by: ${SECRET}}) { totalCount } }` }],
  ['a time', { query: `{ audit(filter: {from: "${SECRET}"}) { nodes { id } } }` }],
  ['a string where none may be', { query: `{ "${SECRET}" }` }],
  ['a block string where none may be', { query: `{ """${SECRET}""" }` }],
  ['a string whose quotes were forgotten', { query: `{ a(b: ${SECRET} ${SECRET}) }` }],
  ['a variable', { query: PAGE, variables: { n: SECRET } }],
  ['a list in a variable', { query: PAGE, variables: { n: [{ a: SECRET }] } }],
])('no message repeats %s', async (_what, body) => {
  const { status, text } = await send(JSON.stringify(body));
  expect([status, text.includes(SECRET)]).toEqual([400, false]);
});

test.each<[string, object, string]>([
  ['the type', { definitions: 'x', name: 5 }, 'Variable "$i" got invalid value at "i.name": expected type "String!".'],
  [
    'a path inside a list',
    { name: 'a', definitions: [{ alias: 'a', from: { file: { content: '' } }, environments: ['a', 5] }] },
    'Variable "$i" got invalid value at "i.definitions[0].environments[1]": expected type "String!".',
  ],
  [
    'a field that is missing',
    { name: 'a', definitions: [{ alias: 'a', environments: [] }] },
    'Variable "$i" got invalid value at "i.definitions[0]": Field "from" of required type "CertificateSourceInput!" was not provided.',
  ],
  [
    'a value of an enum',
    {
      name: 'a',
      definitions: [{ alias: 'a', environments: [], from: { clipboard: { content: '', encoding: SECRET } } }],
    },
    'Variable "$i" got invalid value at "i.definitions[0].from.clipboard.encoding": expected type "ContentEncoding!".',
  ],
])('what is wrong with a variable is named: %s', async (_what, i, message) => {
  const query = 'mutation ($i: CreateCertificateInput!) { createCertificate(input: $i) { userErrors { code } } }';
  const told = JSON.parse((await send(JSON.stringify({ query, variables: { i } }))).text) as {
    errors: { message: string }[];
  };
  expect(told.errors.map((error) => error.message)).toContain(message);
});

test('whatever is sent, the answer is neither INTERNAL nor a 5xx', async () => {
  const random = new Random('mistakes');
  const values: unknown[] = [
    null,
    '',
    'x',
    0,
    -1,
    2 ** 31,
    2 ** 60,
    1e308,
    true,
    [],
    {},
    [null],
    { a: 1 },
    '\0',
    '\ud800',
    '__proto__',
  ];
  const queries = [
    PAGE,
    '{ certificates { totalCount } }',
    'query A { __typename } query B { __typename }',
    'query ($f: CertificateFilterInput, $o: CertificateOrderInput, $a: String) { certificates(filter: $f, orderBy: $o, after: $a) { totalCount } }',
    'query ($a: String) { audit(after: $a) { nodes { id } } }',
    'query ($a: AuditFilterInput) { audit(filter: $a) { nodes { id } } }',
    'query ($a: ID!) { node(id: $a) { id } certificate(by: { id: $a }) { id } deployment(id: $a) { id } jwk(id: $a) { id } }',
    'query ($a: String!) { environment(name: $a) { id } agents(environment: $a) { totalCount } certificate(by: { name: $a }) { id } }',
    'mutation ($a: ID!, $n: Int!) { deleteCertificate(input: {id: $a, expectedVersion: $n}) { userErrors { code } } }',
    'subscription { latestDeployment(environment: "a") { id } }',
    '{ a',
    '',
    '{',
    'fragment F on Query { __typename }',
    '{ ...F } fragment F on Query { ...F }',
    'schema { query: Query }',
  ];
  const bad: unknown[] = [];
  for (let number = 0; number < 400; number++) {
    const any = (): unknown => random.one(values);
    const members = Object.fromEntries(['n', 'f', 'o', 'a', 'text', 'by'].map((name) => [name, any()]));
    const request: Record<string, unknown> = {
      query: random.one(queries),
      variables: random.chance(0.8) ? { ...members, f: members, o: members } : any(),
    };
    if (random.chance(0.3)) request.variables = { a: { ...members, actor: any(), requestId: any(), from: any() } };
    if (random.chance(0.3)) request.operationName = any();
    if (random.chance(0.1)) request.extensions = any();
    if (random.chance(0.1)) request.query = any();
    const body = random.chance(0.05) ? JSON.stringify(any()) : JSON.stringify(request);
    const { status, text } = await send(random.chance(0.03) ? body.slice(1) : body);
    if (status >= 500 || text.includes('INTERNAL')) bad.push([body, status, text]);
  }
  expect(bad).toEqual([]);
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
