import { beforeAll, describe, expect, test } from '@jest/globals';
import { type MadeToken, createToken } from '../support/api-tokens.js';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { type CertificateView, createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
let deployer: MadeToken;
let manager: MadeToken;
let shared: CertificateView;
let theirs: CertificateView;

beforeAll(async () => {
  await createEnvironment(service, 'ours');
  await createEnvironment(service, 'theirs');
  deployer = await createToken(service, { name: 'deployer', permissions: ['VIEW', 'DEPLOY'], environments: ['ours'] });
  manager = await createToken(service, { name: 'manager', permissions: ['VIEW', 'MANAGE'], environments: ['ours'] });
  const made = async (name: string, environments: readonly string[]) =>
    (await createCertificate(service, { name, definitions: [pasted(environments, name, makeCertificate(name).pem)] }))
      .certificate!;
  shared = await made('shared', ['ours', 'theirs']);
  theirs = await made('theirs', ['theirs']);
}, 60_000);

/** Everything that is stored, but for traces. */
async function everything(): Promise<unknown> {
  const { rows } = await harness.sql.query(
    `SELECT (SELECT json_agg(e ORDER BY e.id) FROM (SELECT id, revision FROM environments) e) AS environments,
       (SELECT json_agg(c ORDER BY c.id) FROM certificates c) AS certificates,
       (SELECT json_agg(a ORDER BY a.id) FROM (SELECT id, set_aside_at FROM agents) a) AS agents,
       (SELECT json_agg(j ORDER BY j.id) FROM jwks j) AS jwks`,
  );
  return rows;
}

describe('who may deploy to one environment', () => {
  test('creates a certificate there', async () => {
    const mine = { name: 'mine', definitions: [pasted(['ours'], 'mine', makeCertificate('mine').pem)] };
    const { certificate, userErrors } = await createCertificate({ query: queryAs(deployer) }, mine);
    expect(userErrors).toEqual([]);
    expect(certificate).toMatchObject({ name: 'mine' });
  });

  const definitions = (environments: readonly string[]) => [pasted(environments, 'more', makeCertificate('more').pem)];
  test.each<[string, string, () => object]>([
    ['creating elsewhere', 'createCertificate', () => ({ name: 'more', definitions: definitions(['theirs']) })],
    [
      'creating here and elsewhere',
      'createCertificate',
      () => ({ name: 'more', definitions: definitions(['ours', 'theirs']) }),
    ],
    [
      'renaming what is also elsewhere',
      'updateCertificate',
      () => ({ id: shared.id, expectedVersion: 1, description: 'renamed' }),
    ],
    [
      'taking what is also elsewhere away',
      'updateCertificate',
      () => ({ id: shared.id, expectedVersion: 1, definitions: definitions(['ours']) }),
    ],
    ['deleting what is also elsewhere', 'deleteCertificate', () => ({ id: shared.id, expectedVersion: 1 })],
    ['several changes', 'changeCertificates', () => ({ deletions: [{ id: shared.id, expectedVersion: 1 }] })],
    [
      'several changes, tried only',
      'changeCertificates',
      () => ({ dryRun: true, deletions: [{ id: shared.id, expectedVersion: 1 }] }),
    ],
    [
      'a rollback elsewhere',
      'rollbackEnvironment',
      () => ({ environment: 'theirs', revision: 0, expectedRevision: 2 }),
    ],
  ])('is refused %s, and changes nothing', async (_what, action, inputOf) => {
    const before = await everything();
    const type = `${action.charAt(0).toUpperCase()}${action.slice(1)}Input`;
    const { errors } = await deployer.ask(`mutation ($input: ${type}!) { ${action}(input: $input) { __typename } }`, {
      input: inputOf(),
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', permission: 'DEPLOY' } }]);
    expect(await everything()).toEqual(before);
  });

  test('is answered of what is not seen as of what is not there', async () => {
    const remove = async (id: string) =>
      (
        await deployer.ask(
          'mutation ($id: ID!) { deleteCertificate(input: { id: $id, expectedVersion: 1 }) { userErrors { code message field } } }',
          { id },
        )
      ).data;
    const answer = await remove(theirs.id);
    expect(answer).toMatchObject({ deleteCertificate: { userErrors: [{ code: 'CERTIFICATE_NOT_FOUND' }] } });
    expect(await remove('3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d')).toEqual(answer);
  });
});

test('who manages one environment manages the agents of that one', async () => {
  const [own, other] = [await TestAgent.enroll(service, 'ours', 'a'), await TestAgent.enroll(service, 'theirs', 'b')];
  const aside = (id: string) =>
    manager.ask(
      'mutation ($id: ID!) { setAgentAside(input: { id: $id, reason: "rebuilt" }) { agent { name } userErrors { code } } }',
      { id },
    );
  expect((await aside(own.registration.agent)).data).toMatchObject({ setAgentAside: { agent: { name: 'a' } } });
  expect((await aside(other.registration.agent)).data).toMatchObject({
    setAgentAside: { agent: null, userErrors: [{ code: 'AGENT_NOT_FOUND' }] },
  });
});

test('what was refused is counted and recorded with who asked', async () => {
  await manager.ask('{ apiTokens { totalCount } }');
  const { data } = await until(
    () => service.graphql('{ audit(filter: { action: "accessDenied" }) { nodes { actor details } } }'),
    ({ data: read }) => JSON.stringify(read).includes('ADMIN'),
  );
  const { nodes } = (data as { audit: { nodes: { actor: string; details: { permission: string } }[] } }).audit;
  expect(nodes).toContainEqual({
    actor: expect.stringMatching(/^token:manager:/) as unknown,
    details: { permission: 'ADMIN' },
  });
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  expect(metrics).toMatch(/^trustcast_denials_total\{permission="ADMIN"\} [1-9]/m);
});

test('a request that is refused is counted once, whatever it asks for', async () => {
  const counted = async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    return Number(/^trustcast_denials_total\{permission="ADMIN"\} (\d+)/m.exec(metrics)?.[1] ?? 0);
  };
  for (const query of [
    '{ apiTokens { totalCount } }',
    '{ a: apiTokens { totalCount } b: apiTokens { totalCount } grants { totalCount } }',
    'query ($yes: Boolean = true) { apiTokens @include(if: $yes) { totalCount } }',
  ]) {
    const before = await counted();
    expect((await manager.ask(query)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect({ query, counted: (await counted()) - before }).toEqual({ query, counted: 1 });
  }
});

function queryAs({ ask }: MadeToken) {
  return async <Data>(query: string, variables?: object): Promise<Data> => {
    const { data, errors } = await ask(query, variables);
    if (errors) throw new Error(JSON.stringify(errors));
    return data as Data;
  };
}
