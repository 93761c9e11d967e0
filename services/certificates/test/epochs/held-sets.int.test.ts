import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  type HeldEntry,
  type Position,
  agentPaths,
  encodeHeldSet,
  fingerprintOf,
  heldDigest,
  signStatement,
  signingKeyOf,
} from '@trustcast/schema';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const PLAN = `knowledge furthest { epoch revision } hosts hostsAhead hostsSilent held { epoch revision entries agent }
  steps { name action retrusts compromised before { alias fingerprint } after { alias fingerprint } }`;
let serial = 0;

/** An environment with an agent, and certificates that it has by the database. */
async function stage(...aliases: string[]) {
  const environment = `held-${++serial}`;
  await createEnvironment(service, environment);
  const agent = await TestAgent.enroll(service, environment, 'host');
  const made = aliases.map((alias) => ({ alias, ...makeCertificate() }));
  for (const { alias, pem } of made)
    await createCertificate(service, {
      name: `${environment}-${alias}`,
      definitions: [pasted([environment], alias, pem)],
    });
  const entries = made.map(({ alias, der }) => ({ alias, fingerprint: fingerprintOf(der) }));
  return { environment, agent, entries };
}

async function statementOf(agent: TestAgent, at: Position, entries: readonly HeldEntry[], more = {}): Promise<string> {
  const key = await signingKeyOf(createPrivateKey(readFileSync(join(harness.folder, 'key.pem'))));
  const { installation, environment } = agent.registration;
  const scope = { installation, environment: environment.id, ...more };
  return signStatement({ ...scope, ...at, digest: heldDigest(scope, entries), issuedAt: Date.now() - 3_600_000 }, key);
}

async function tell(agent: TestAgent, statement: string, entries: readonly HeldEntry[] | null) {
  const response = await fetch(`${service.url}${agentPaths.held(agent.registration.environment.name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
    body: encodeHeldSet({ statement, entries }),
  });
  return { status: response.status, body: await response.json() };
}

async function planOf(environment: string) {
  const { plan } = await service.query<{ plan: Record<string, unknown> }>(
    `query ($environment: String!) { plan: advanceEpochPlan(environment: $environment) { ${PLAN} } }`,
    { environment },
  );
  return plan;
}

async function advance(environment: string, more: object) {
  const { payload } = await service.query<{
    payload: {
      environment: { epoch: number } | null;
      plan: Record<string, unknown> | null;
      userErrors: { code: string; field: string[]; message: string; fingerprints?: string[] }[];
    };
  }>(
    `mutation ($input: AdvanceEpochInput!) { payload: advanceEpoch(input: $input) { environment { epoch } plan { ${PLAN} }
       userErrors { code field message ... on RetrustNotConfirmed { fingerprints } } } }`,
    { input: { environment, expectedEpoch: 1, reason: 'restored', ...more } },
  );
  return payload;
}

test('a set that a host holds ahead of the database names what comes back and what goes, and must be confirmed', async () => {
  const { environment, agent, entries } = await stage('kept', 'deleted');
  const [kept, deleted] = entries;
  const later = { alias: 'later', fingerprint: fingerprintOf(makeCertificate().der) };
  const at = { epoch: 1, revision: 9 };
  const holds = [kept!, later];
  const statement = await statementOf(agent, at, holds);
  expect(await tell(agent, statement, null)).toEqual({ status: 200, body: { known: false, wanted: true } });
  expect(await tell(agent, statement, holds)).toEqual({ status: 200, body: { known: true, wanted: false } });
  expect(await tell(agent, statement, null)).toEqual({ status: 200, body: { known: true, wanted: false } });

  const plan = {
    knowledge: 'KNOWN',
    furthest: at,
    hosts: 1,
    hostsAhead: 0,
    hostsSilent: 1,
    held: { ...at, entries: 2, agent: 'host' },
    steps: [
      {
        name: `${environment}-deleted`,
        action: 'ADD',
        retrusts: true,
        compromised: false,
        before: null,
        after: deleted,
      },
      { name: null, action: 'REMOVE', retrusts: false, compromised: false, before: later, after: null },
    ],
  };
  expect(await planOf(environment)).toEqual(plan);
  const refused = await advance(environment, { confirmUnknown: true, retrust: [kept!.fingerprint] });
  expect(refused).toMatchObject({
    environment: null,
    plan,
    userErrors: [{ code: 'RETRUST_NOT_CONFIRMED', field: ['retrust'], fingerprints: [deleted!.fingerprint] }],
  });
  expect(refused.userErrors[0]!.message).toContain(`"${environment}-deleted"`);
  expect((await advance(environment, { retrust: [deleted!.fingerprint.toUpperCase()] })).environment).toEqual({
    epoch: 2,
  });
  const { rows } = await harness.sql.query('SELECT FROM held_sets WHERE environment_id = $1', [
    agent.registration.environment.id,
  ]);
  expect(rows).toEqual([]);
});

test('where no host has reported what it holds the plan has no steps, and the unknown is confirmed in so many words', async () => {
  const { environment } = await stage('a');
  expect(await planOf(environment)).toMatchObject({ knowledge: 'UNKNOWN', hostsSilent: 1, held: null, steps: null });
  expect(await advance(environment, {})).toMatchObject({
    environment: null,
    userErrors: [{ code: 'UNKNOWN_NOT_CONFIRMED', field: ['confirmUnknown'] }],
  });
  expect(await advance(environment, { confirmUnknown: true })).toMatchObject({ environment: { epoch: 2 }, plan: null });
});

test('a host that is further ahead than the set that is known makes the plan partial', async () => {
  const { environment, agent, entries } = await stage('a');
  const nats = await harness.connectNats();
  const known = await statementOf(agent, { epoch: 1, revision: 5 }, entries);
  await tell(agent, known, entries);
  const further = { epoch: 1, revision: 7 };
  await agent.send(nats, agent.status(further, { statement: await statementOf(agent, further, []) }));
  const plan = await until(
    () => planOf(environment),
    ({ knowledge }) => knowledge === 'PARTLY',
  );
  expect(plan).toMatchObject({ furthest: further, hostsAhead: 1, held: { revision: 5 }, steps: [] });
  expect(await advance(environment, {})).toMatchObject({ userErrors: [{ code: 'UNKNOWN_NOT_CONFIRMED' }] });
});

test('only a signed set of this environment is believed, with the entries that its digest is of', async () => {
  const { environment, agent, entries } = await stage('a');
  const at = { epoch: 1, revision: 9 };
  const statement = await statementOf(agent, at, entries);
  const other = { alias: 'other', fingerprint: 'ab'.repeat(32) };
  expect(await tell(agent, statement, [other])).toMatchObject({ status: 400, body: { code: 'DIGEST_MISMATCH' } });
  const foreign = await statementOf(agent, at, entries, { environment: agent.registration.agent });
  expect(await tell(agent, foreign, entries)).toMatchObject({ status: 400, body: { code: 'HELD_SET_NOT_OURS' } });
  const { installation, environment: scope } = agent.registration;
  const forged = await signStatement(
    {
      installation,
      environment: scope.id,
      ...at,
      digest: heldDigest({ installation, environment: scope.id }, []),
      issuedAt: 1,
    },
    await signingKeyOf(generateKeyPairSync('ed25519').privateKey),
  );
  expect(await tell(agent, forged, [])).toMatchObject({ status: 400 });
  const behind = await statementOf(agent, { epoch: 1, revision: 0 }, []);
  expect(await tell(agent, behind, [])).toEqual({ status: 200, body: { known: true, wanted: false } });
  expect(await planOf(environment)).toMatchObject({ knowledge: 'UNKNOWN', held: null });
});

test('one host at a time is asked for its set, and one that tells without end is told to wait', async () => {
  const { environment, agent, entries } = await stage('a');
  const second = await TestAgent.enroll(service, environment, 'second');
  const statement = await statementOf(agent, { epoch: 1, revision: 9 }, entries);
  expect((await tell(agent, statement, null)).body).toEqual({ known: false, wanted: true });
  expect((await tell(second, statement, null)).body).toEqual({ known: false, wanted: false });
  const answers = await Promise.all(Array.from({ length: 12 }, () => tell(agent, statement, null)));
  expect(answers.map(({ status }) => status)).toContain(429);
});
