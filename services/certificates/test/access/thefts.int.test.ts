import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { agentPaths, natsLogin, parseEnrollmentToken, signAgentStatus, signingKeyOf } from '@trustcast/schema';
import { usersText } from '../../src/features/agents/nats-users/users-text.js';
import {
  derivedAgentToken,
  derivedApiToken,
  derivedEnrollmentToken,
  tokenSecretOf,
} from '../../src/features/identity/token.js';
import { createToken } from '../support/api-tokens.js';
import { createEnrollmentToken, enroll, enrolledAgent } from '../support/enroll.js';
import { until } from '../support/harness.js';
import { createEnvironment } from '../support/mutations.js';
import { type ServiceProcess, ask, runMain } from '../support/service-process.js';
import { TestAgent, createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

/** Each test plays a theft: what the thief gets, how it is taken back by the steps of docs/operating.md, and what that costs. */
const cacheDir = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'trustcast-thefts-'));
const password = randomBytes(24).toString('base64url');
let nats: Awaited<ReturnType<typeof startNats>>;
const harness = useHarness({
  given: async () => {
    writeFileSync(join(folder, 'users.conf'), usersText(randomUUID(), { user: 'nobody', password }, []));
    nats = await startNats({ stateDir: folder, cacheDir, jetstream: true, config: { usersFile: 'users.conf' } });
    return { natsUrl: nats.url };
  },
});
const start = (natsPassword = password) =>
  harness.start({
    NATS_USER: 'service',
    NATS_PASSWORD: natsPassword,
    TRUSTCAST_NATS_USERS_FILE: join(folder, 'users.conf'),
    TRUSTCAST_NATS_PID_FILE: join(folder, 'nats-server.pid'),
  });
let service: ServiceProcess;
const HEARTBEAT = agentPaths.heartbeat('apimanager');
const ME = '{ me { actor } }';

beforeAll(async () => {
  service = await start();
  harness.onStop(async () => {
    await nats.stop();
    rmSync(folder, { recursive: true });
  });
  await createEnvironment(service, 'elsewhere');
});

async function codeOf(response: Response): Promise<string> {
  return response.ok ? 'OK' : `${response.status} ${((await response.json()) as { code: string }).code}`;
}
const REVOKE_TOKEN = 'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { userErrors { code } } }';
const changeAgent = (mutation: string, id: string) =>
  service.query(`mutation ($id: ID!) { ${mutation} { userErrors { code } } }`, { id });

interface Made {
  readonly token: string;
  readonly of: { readonly id: string };
}

async function everythingStored(): Promise<string> {
  const tables = await harness.sql.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const parts = await Promise.all(
    tables.rows.map(async ({ name }) =>
      JSON.stringify((await harness.sql.query(`SELECT t::text FROM "${name}" t`)).rows),
    ),
  );
  return parts.join('\n');
}

/** Resolves once a token opens nothing any more, which is promised for two seconds. */
async function isOver(token: string): Promise<void> {
  await until(
    () => ask(service.url, token, ME),
    ({ status }) => status === 401,
    { timeoutMs: 5_000 },
  );
}

describe('a stolen API token', () => {
  test('opens what it may until it is revoked, within two seconds; other tokens go on', async () => {
    const stolen = await createToken(service, { permissions: ['VIEW'], environments: ['apimanager'] });
    const other = await createToken(service, { permissions: ['VIEW'] });
    expect((await stolen.ask('{ environments { name } }')).data).toEqual({ environments: [{ name: 'apimanager' }] });
    expect((await stolen.ask('{ apiTokens { nodes { id } } }')).errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
    });
    await service.query(REVOKE_TOKEN, { id: stolen.id });
    await isOver(stolen.token);
    expect((await other.ask(ME)).status).toBe(200);
  });
});

describe('a stolen token of an administrator', () => {
  test('makes others, which the list names by their maker; all of them are revoked with a token of the operator, and hosts notice nothing', async () => {
    const host = await enrolledAgent(service, 'bystander');
    const admin = await createToken(service, {
      name: 'lost',
      permissions: ['VIEW', 'MANAGE', 'DEPLOY', 'APPROVE', 'EXPORT', 'ADMIN'],
    });
    const asThief = {
      ...service,
      query: <T>(text: string, variables?: object) => admin.ask(text, variables).then(({ data }) => data as T),
    };
    const backdoor = await createToken(asThief, { name: 'backdoor', permissions: ['ADMIN'] });
    const door = await createEnrollmentToken(asThief, { uses: 9 });
    const planted = await TestAgent.newKey();
    expect(await codeOf(await enroll(service, door.token, { key: planted, said: { name: 'planted' } }))).toBe('OK');
    const operator = (await runMain(['create-admin-token'], harness.environmentVariables)).output.trim();
    const actor = `token:lost:${admin.id}`;
    const list = await ask(service.url, operator, '{ apiTokens { nodes { id createdBy revokedAt } } }');
    const { nodes } = (list.data as { apiTokens: { nodes: { id: string; createdBy: string }[] } }).apiTokens;
    const made = nodes.filter(({ createdBy }) => createdBy === actor).map(({ id }) => id);
    expect(made).toEqual([backdoor.id]);
    for (const id of [admin.id, ...made]) await ask(service.url, operator, REVOKE_TOKEN, { id });
    await Promise.all([isOver(admin.token), isOver(backdoor.token)]);
    const asOperator = async <T>(text: string) => (await ask(service.url, operator, text)).data as T;
    const { doors } = await asOperator<{ doors: { nodes: { id: string; createdBy: string }[] } }>(
      '{ doors: enrollmentTokens(environment: "apimanager") { nodes { id createdBy } } }',
    );
    expect(doors.nodes.filter(({ createdBy }) => createdBy === actor).map(({ id }) => id)).toEqual([
      door.enrollmentToken.id,
    ]);
    const workOf = (who: string) => asOperator(`{ audit(filter: { actor: "${who}" }) { nodes { action after } } }`);
    expect(await workOf(actor)).toMatchObject({
      audit: { nodes: [{ action: 'createEnrollmentToken' }, { action: 'createApiToken' }] },
    });
    const work = await workOf(`enrollment:${door.enrollmentToken.id}`);
    expect(work).toMatchObject({ audit: { nodes: [{ action: 'enrollAgent', after: { name: 'planted' } }] } });
    const { id } = (work as { audit: { nodes: { after: { id: string } }[] } }).audit.nodes[0]!.after;
    await asOperator(
      `mutation { revokeEnrollmentToken(input: { id: "${door.enrollmentToken.id}" }) { userErrors { code } }
         deleteAgent(input: { id: "${id}" }) { userErrors { code } } }`,
    );
    const again = await enroll(service, door.token, { key: await TestAgent.newKey(), said: { name: 'second' } });
    expect(await codeOf(again)).toBe('403 ENROLLMENT_TOKEN_REVOKED');
    expect(await codeOf(await host.request(HEARTBEAT))).toBe('OK');
  });
});

describe('a stolen key of a host', () => {
  const report = async (by: Awaited<ReturnType<typeof enrolledAgent>>) =>
    JSON.stringify({ status: await signAgentStatus(by.status({ epoch: 1, revision: 0 }), by.key) });

  test('reads and reports for that host alone, and is worth nothing once the host has renewed it; nothing else stops', async () => {
    const host = await enrolledAgent(service, 'robbed');
    const thief = host.withKey(host.key);
    expect((await thief.pull()).statement.epoch).toBe(1);
    const STATUS = agentPaths.status('apimanager');
    expect(await codeOf(await thief.request(STATUS, { method: 'POST', body: await report(thief) }))).toBe('OK');
    expect(await codeOf(await thief.request(agentPaths.set('elsewhere')))).toBe('403 OTHER_ENVIRONMENT');
    expect(
      (await fetch(`${service.url}/graphql`, { method: 'POST', headers: await thief.sign('/graphql') })).status,
    ).toBe(401);
    const renewed = host.withKey(await TestAgent.newKey());
    expect(await codeOf(await host.askToRenew(renewed.key))).toBe('OK');
    // The minutes of the overlap pass.
    await harness.sql.query('UPDATE agents SET previous_key_until = now() WHERE id = $1', [host.registration.agent]);
    expect(await codeOf(await thief.request(HEARTBEAT))).toBe('401 AGENT_KEY_UNKNOWN');
    expect(await codeOf(await renewed.request(HEARTBEAT))).toBe('OK');
  });

  test('that the thief has renewed is in the audit, and ends with the agent, which the host enrolls into again', async () => {
    const host = await enrolledAgent(service, 'outrun');
    const { agent: id } = host.registration;
    const thief = host.withKey(await TestAgent.newKey());
    expect(await codeOf(await host.askToRenew(thief.key))).toBe('OK');
    const { data } = await service.graphql(
      '{ audit(first: 1, filter: { action: "renewAgentKey" }) { nodes { actor address } } }',
    );
    expect(data).toMatchObject({ audit: { nodes: [{ actor: `agent:${id}` }] } });
    await changeAgent('revokeAgent(input: { id: $id, reason: "stolen" })', id);
    for (const each of [host, thief]) expect(await codeOf(await each.request(HEARTBEAT))).toBe('401 AGENT_REVOKED');
    await changeAgent('reenrollAgent(input: { id: $id })', id);
    const { token } = await createEnrollmentToken(service);
    const key = await TestAgent.newKey();
    expect(await codeOf(await enroll(service, token, { key, said: { name: 'outrun' } }))).toBe('OK');
    expect(await codeOf(await host.withKey(key).request(HEARTBEAT))).toBe('OK');
    expect(await codeOf(await thief.request(HEARTBEAT))).toBe('401 AGENT_KEY_UNKNOWN');
  });
});

describe('a stolen dump of the database', () => {
  test('holds nothing that opens anything: no token, no private key, and what is stored of them is refused', async () => {
    const enrollment = await createEnrollmentToken(service);
    const host = await createAgent(service, 'apimanager', 'with-a-token');
    const enrolled = await enrolledAgent(service, 'dumped');
    const dump = await everythingStored();
    const secretOf = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, '').slice(-32);
    const pemOf = (key: typeof enrolled.key) => String(key.privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const secrets = [
      service.token.slice(10),
      host.token.slice(10),
      enrollment.token.slice(10, 47),
      secretOf(readFileSync(join(harness.folder, 'key.pem'), 'utf8')),
      secretOf(pemOf(enrolled.key)),
    ];
    expect(secrets.map((secret) => [secret.length >= 30, dump.includes(secret)])).toEqual(
      secrets.map(() => [true, false]),
    );
    expect(dump).toContain(parseEnrollmentToken(enrollment.token).publicKey.x);
    const { rows } = await harness.sql.query<{ hash: string }>(
      `SELECT encode(token_sha256, 'hex') AS hash FROM api_tokens`,
    );
    for (const { hash } of rows) expect((await ask(service.url, hash, ME)).status).toBe(401);
  });
});

test('a stolen key that signs statements makes no token of what is known of it: each has a salt, which goes with the stored answer', async () => {
  const made = await service.query<{ token: Made; agent: Made; door: Made }>(
    `mutation ($token: CreateApiTokenInput!, $agent: CreateAgentInput!, $door: CreateEnrollmentTokenInput!) {
       token: createApiToken(input: $token) { token of: apiToken { id } }
       agent: createAgent(input: $agent) { token of: agent { id } }
       door: createEnrollmentToken(input: $door) { token of: enrollmentToken { id } } }`,
    {
      token: { name: 'derived', permissions: ['ADMIN'], idempotencyKey: randomUUID() },
      agent: { environment: 'apimanager', name: 'derived', idempotencyKey: randomUUID() },
      door: { environment: 'apimanager', idempotencyKey: randomUUID() },
    },
  );
  const secret = await tokenSecretOf(
    await signingKeyOf(createPrivateKey(readFileSync(join(harness.folder, 'key.pem')))),
  );
  const tokensOf = (salts: readonly string[]) => [
    derivedApiToken(secret, { id: made.token.of.id, salt: salts[0] ?? '' }),
    derivedAgentToken(secret, { id: made.agent.of.id, salt: salts[1] ?? '' }),
    derivedEnrollmentToken(
      secret,
      { id: made.door.of.id, salt: salts[2] ?? '' },
      parseEnrollmentToken(made.door.token).pin,
    ),
  ];
  const { rows } = await harness.sql.query<{ id: string; salt: string }>(
    `SELECT answer->>'id' AS id, answer->>'salt' AS salt FROM idempotency_keys`,
  );
  const salts = [made.token, made.agent, made.door].map(({ of }) => rows.find(({ id }) => id === of.id)?.salt ?? '');
  const tokens = [made.token, made.agent, made.door].map(({ token }) => token);
  expect(tokensOf(salts)).toEqual(tokens);
  await harness.sql.query('DELETE FROM idempotency_keys');
  const left = await everythingStored();
  expect(salts.map((salt) => [salt.length, left.includes(salt)])).toEqual(salts.map(() => [43, false]));
  for (const [index, token] of tokensOf([]).entries()) expect(token).not.toBe(tokens[index]);
});

describe('a stolen password of NATS', () => {
  test('hears reports and delays, signs nothing, and ends with a new one at one restart; hosts keep their connections', async () => {
    const host = await enrolledAgent(service, 'listening');
    const servers = [...host.registration.nats.servers];
    const login = (given: object) =>
      until(() => connect({ servers, reconnect: false, ...given }).catch(() => null), Boolean);
    const hosts = (await login({
      authenticator: (nonce?: string) => natsLogin(host.key.privateKey, nonce),
    }))!;
    const thief = (await login({ user: 'service', pass: password }))!;
    const heard = new Promise<string>((resolve) => {
      thief.subscribe(host.subjects.allStatus, { callback: (_error, message) => resolve(message.string()) });
    });
    await thief.flush();
    await host.send(hosts, host.status({ epoch: 1, revision: 0 }));
    expect(await heard).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const forged = new Promise<Uint8Array>((resolve) => {
      hosts.subscribe(host.subjects.changed('apimanager'), { callback: (_error, message) => resolve(message.data) });
    });
    await hosts.flush();
    const { statement } = (await host.pull()).message;
    const [header, , signature] = statement.split('.');
    const claims = Buffer.from(JSON.stringify({ epoch: 99, revision: 1 })).toString('base64url');
    thief.publish(
      host.subjects.changed('apimanager'),
      JSON.stringify({ ...(await host.pull()).message, statement: [header, claims, signature].join('.') }),
    );
    const planted = await forged;
    expect(() => host.read(planted)).toThrow();
    await service.stop();
    const at = performance.now();
    service = await start(randomBytes(24).toString('base64url'));
    await thief.closed();
    process.stdout.write(
      `a stolen password of NATS ended ${Math.round(performance.now() - at)} ms after the restart began\n`,
    );
    await expect(connect({ servers, reconnect: false, user: 'service', pass: password })).rejects.toThrow(
      /authorization/i,
    );
    await hosts.flush();
    expect(await codeOf(await fetch(`${service.url}${HEARTBEAT}`, { headers: await host.sign(HEARTBEAT) }))).toBe('OK');
    await hosts.close();
  });
});
