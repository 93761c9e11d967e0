import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { createEnrollmentToken } from '../support/enroll.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { ask } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { TestIssuer } from '../support/test-issuer.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const issuer = madeIn(beforeAll, async () => {
  const made = await TestIssuer.start();
  harness.onStop(() => made.stop());
  return made;
});
const service = madeIn(beforeAll, () => {
  const file = join(harness.folder, 'issuers.json');
  writeFileSync(file, JSON.stringify([issuer.settings()]));
  return harness.start({ TRUSTCAST_OIDC_ISSUERS: file });
});

const GRANT =
  'mutation ($input: CreateGrantInput!) { createGrant(input: $input) { grant { id } userErrors { message } } }';
const CREATE = (fields: string) =>
  `mutation ($input: CreateCertificateInput!) { createCertificate(input: $input) { ${fields} userErrors { code } } }`;
const definition = (name: string, environments = ['works']) =>
  pasted(environments, name, makeCertificate(`Subject ${name}`).pem);

/** Looks at one environment, works in another, and administers all of them. */
let person: string;
const asked = async (query: string, variables?: object) => {
  const { data, errors } = await ask(service.url, person, query, variables);
  return errors ? { errors: errors.map(({ extensions }) => extensions) } : { data };
};

beforeAll(async () => {
  for (const name of ['looks', 'works', 'neither']) await createEnvironment(service, name);
  for (const input of [
    { permissions: ['VIEW'], environments: ['looks'] },
    { permissions: ['MANAGE', 'DEPLOY'], environments: ['works'] },
    { permissions: ['ADMIN'] },
  ])
    await service.query(GRANT, { input: { subject: 'mixed', ...input } });
  person = await issuer.tokenOf('mixed');
}, 60_000);

describe('who looks at one environment, works in another and administers all', () => {
  test('is shown every API token and every grant', async () => {
    expect(await asked('{ apiTokens { totalCount nodes { name } } grants { totalCount } }')).toEqual({
      data: { apiTokens: { totalCount: 1, nodes: [{ name: 'admin' }] }, grants: { totalCount: 3 } },
    });
  });

  test('lists and revokes enrollment tokens where it manages', async () => {
    const { id } = (await createEnrollmentToken(service, { environment: 'works' })).enrollmentToken;
    expect(await asked('{ enrollmentTokens(environment: "works") { nodes { id } } }')).toEqual({
      data: { enrollmentTokens: { nodes: [{ id }] } },
    });
    const revoke =
      'mutation ($id: ID!) { revokeEnrollmentToken(input: { id: $id }) { enrollmentToken { id } userErrors { code } } }';
    expect(await asked(revoke, { id })).toEqual({
      data: { revokeEnrollmentToken: { enrollmentToken: { id }, userErrors: [] } },
    });
  });

  test('manages the hosts there, and none elsewhere', async () => {
    const revoke =
      'mutation ($id: ID!) { revokeAgent(input: { id: $id, reason: "stolen" }) { agent { name } userErrors { code } } }';
    const agentIn = async (environment: string) =>
      (await TestAgent.enroll(service, environment, `host-${environment}`)).registration.agent;
    expect(await asked(revoke, { id: await agentIn('works') })).toEqual({
      data: { revokeAgent: { agent: { name: 'host-works' }, userErrors: [] } },
    });
    expect(await asked(revoke, { id: await agentIn('neither') })).toEqual({
      data: { revokeAgent: { agent: null, userErrors: [{ code: 'AGENT_NOT_FOUND' }] } },
    });
    expect(await asked(revoke, { id: await agentIn('looks') })).toMatchObject({
      errors: [{ code: 'FORBIDDEN', permission: 'MANAGE', environments: ['looks'] }],
    });
  });

  test('is answered about its changes there, one after the other in one request', async () => {
    const fields =
      'certificate { name definitions { alias } } deployment { environments { environment { name } } } userErrors { code }';
    const made = await asked(
      `mutation ($a: CreateCertificateInput!, $b: CreateCertificateInput!) {
         a: createCertificate(input: $a) { ${fields} } e: updateEnvironment(input: { name: "works", title: "W" }) { environment { title } }
         b: createCertificate(input: $b) { ${fields} } }`,
      {
        a: { name: 'first', definitions: [definition('first')] },
        b: { name: 'second', definitions: [definition('second')] },
      },
    );
    const answer = (name: string) => ({
      certificate: { name, definitions: [{ alias: name }] },
      deployment: { environments: [{ environment: { name: 'works' } }] },
      userErrors: [],
    });
    expect(made).toEqual({ data: { a: answer('first'), e: { environment: { title: 'W' } }, b: answer('second') } });
  });

  test('reads by an answer neither history nor hosts where it does not look, and finds nothing there afterwards', async () => {
    const input = (name: string) => ({ input: { name, definitions: [definition(name)] } });
    for (const [name, fields] of [
      ['by-targets', 'deployment { environments { targets { totalCount } } }'],
      ['by-history', 'deployment { environments { environment { history { nodes { revision } } } } }'],
    ] as const)
      expect(await asked(CREATE(fields), input(name))).toMatchObject({
        errors: [{ code: 'FORBIDDEN', permission: 'VIEW' }],
      });
    expect(
      await asked(CREATE('certificate { history { nodes { action } } impact { jvms } }'), input('by-certificate')),
    ).toEqual({
      data: { createCertificate: { certificate: { history: { nodes: [] }, impact: [] }, userErrors: [] } },
    });
    expect(await asked('{ certificates { totalCount } jwks { totalCount } }')).toEqual({
      data: { certificates: { totalCount: 0 }, jwks: { totalCount: 0 } },
    });
  });

  test('is not shown whose a name is that is taken where it neither looks nor works', async () => {
    await createCertificate(service, { name: 'hidden', definitions: [definition('hidden', ['neither'])] });
    const fields = 'userErrors { code ... on NameTaken { node { id } } }';
    expect(
      await asked(`mutation ($input: CreateCertificateInput!) { createCertificate(input: $input) { ${fields} } }`, {
        input: { name: 'hidden', definitions: [definition('other')] },
      }),
    ).toEqual({ data: { createCertificate: { userErrors: [{ code: 'NAME_TAKEN', node: null }] } } });
  });
});
