import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import { EMPTY_SET, digestOf, encodeChangeMessage, signStatement, signingKeyOf, subjectsOf } from '@trustcast/schema';
import { until } from '../support/harness.js';
import { keyTools } from './key-tools.js';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, pasted } from '../support/mutations.js';
import { type ServiceProcess, runMain } from '../support/service-process.js';
import { createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

let stopAgent: () => Promise<void> = () => Promise.resolve();
// Before the folder goes that the agent works in.
afterAll(() => stopAgent());
const harness = useHarness();
const script = (path: string): string => fileURLToPath(new URL(`../../../../../${path}`, import.meta.url));
const LAST = 2 ** 31 - 1;
const CHANGES = 40;

const { here, file, keys, main, sign, publish, pin: pinOf, init } = keyTools(harness);
const log = () => readFileSync(here('agent.log'), 'utf8');
const applied = () =>
  Array.from(log().matchAll(/"msg":"applied","position":"(\d+\.\d+)"/g), ([, position = '']) => position);

async function deploy(service: ServiceProcess, name: string) {
  const definitions = [pasted(['apimanager'], name, makeCertificate(name).pem)];
  return createCertificate(service, { name, definitions });
}
interface Host {
  readonly state: string;
  readonly reason: string | null;
}
async function host({ query }: ServiceProcess): Promise<Host | undefined> {
  const { agents } = await query<{ agents: { nodes: Host[] } }>(
    '{ agents(environment: "apimanager", last: 1) { nodes { state reason } } }',
  );
  return agents.nodes[0];
}

test('a root is made; the key that signs is rotated under changes, then stolen, and replaced by one signed list', async () => {
  const first = await harness.start();
  let service = first;
  const installation = (await harness.sql.query<{ id: string }>('SELECT id FROM installation')).rows[0]!.id;
  await init([1, 2, 3], 2);
  await sign(1);
  expect((await runMain(['publish-keys', file()], harness.environmentVariables)).output).toMatch(
    /KEY_LIST_BELOW_THRESHOLD/,
  );
  await sign(3);
  const pin = await pinOf();
  expect(await publish()).toContain(`hosts pin ${pin}`);
  expect(await publish()).toMatch(/^published already/);
  await until(
    () => createAgent(service, 'apimanager', `pins-${Math.random()}`),
    ({ pins }) => pins[0] === pin,
  );

  const { token, pins } = await createAgent(service, 'apimanager', 'host');
  expect(pins).toEqual([pin]);
  const agent = await startProduct({
    name: 'The agent',
    script: script('agents/host/dist/bundle/main.js'),
    args: ['run'],
    env: {
      TRUSTCAST_SERVICE_URL: service.url,
      TRUSTCAST_AGENT_TOKEN: token,
      TRUSTCAST_PINNED_KEYS: pin,
      TRUSTCAST_DIRECTORY: here('agent'),
      TRUSTCAST_BASE: 'none',
    },
    logFile: here('agent.log'),
  });
  stopAgent = agent.stop;
  await until(
    () => Promise.resolve(log()),
    (text) => text.includes('"msg":"connected"'),
  );

  // Rotation: the next key is in the list before it signs, and the one before is taken out afterwards.
  const port = new URL(service.url).port;
  const old = (await main('thumbprint')).trim();
  await main('announce-key', here('next.pem'));
  await keys('add', '--key', here('next.pem'));
  await sign(1, 2);
  await publish();
  let made = 0;
  let changing = true;
  const isChanging = () => changing;
  const states = new Set<string>();
  const changes = (async () => {
    for (; isChanging() || made < CHANGES; made += 1) {
      await deploy(service, `change-${made}`);
      states.add((await host(service))?.state ?? 'none');
      await delay(20);
    }
  })();
  const next = await harness.start({ TRUSTCAST_SIGNING_KEY_FILE: here('next.pem') }, ['--new-signing-key']);
  await next.logged('this process leads the relay');
  changing = false;
  await changes;
  await first.stop();
  await until(
    () => Promise.resolve(applied()),
    (positions) => positions.at(-1) === `1.${made}`,
  );
  expect(states).not.toContain('STALE');
  await keys('remove', old);
  await sign(2, 3);
  await publish();

  // The service moves to the port that the host knows.
  await next.stop();
  service = await harness.start({ TRUSTCAST_SIGNING_KEY_FILE: here('next.pem'), TRUSTCAST_PORT: port });
  await deploy(service, 'after');
  await until(
    () => Promise.resolve(applied()),
    (positions) => positions.at(-1) === `1.${made + 1}`,
  );

  // Theft: the thief signs the last position that there can be.
  const stolen = await signingKeyOf(createPrivateKey(readFileSync(here('next.pem'))));
  const { rows } = await harness.sql.query<{ id: string }>(`SELECT id FROM environments WHERE name = 'apimanager'`);
  const scope = { installation, environment: rows[0]!.id };
  const claim = { ...scope, epoch: LAST, revision: LAST, issuedAt: Date.now() };
  const statement = await signStatement({ ...claim, digest: digestOf(scope, EMPTY_SET) }, stolen);
  const nats = await harness.connectNats();
  const evil = encodeChangeMessage({ statement, from: null, upserts: [], removals: [] });
  nats.publish(subjectsOf(installation).changed('apimanager'), evil);
  await until(
    () => Promise.resolve(applied()),
    (positions) => positions.at(-1) === `${LAST}.${LAST}`,
  );
  await until(
    async () => codes(await deploy(service, `diverged-${Math.random()}`)),
    (refusals) => refusals.includes('ENVIRONMENT_DIVERGED'),
  );

  // Recovery: one list without the stolen key, signed once, and the next key takes over.
  const { rows: at } = await harness.sql.query<{ position: string }>(
    `SELECT epoch || '.' || revision AS position FROM environments WHERE name = 'apimanager'`,
  );
  // That key is held by a program of others: the service has its public part alone.
  const third = generateKeyPairSync('ed25519');
  writeFileSync(here('module.pem'), third.privateKey.export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(here('third.pem'), third.publicKey.export({ format: 'pem', type: 'spki' }));
  writeFileSync(
    here('module.mjs'),
    `import { createPrivateKey, sign } from 'node:crypto'; import { readFileSync, writeFileSync } from 'node:fs';
process.stdout.write(sign(null, readFileSync(0), createPrivateKey(readFileSync(process.argv[2]))));`,
  );
  await main('announce-key', here('third.pem'));
  await keys('add', '--key', here('third.pem'));
  await keys('remove', stolen.kid, '--start-from', `${scope.environment}=${at[0]!.position}`);
  await sign(1, 3);
  expect(await publish()).toContain('start serve --new-signing-key now');
  await service.stop();
  service = await harness.start(
    {
      TRUSTCAST_SIGNING_KEY_FILE: here('third.pem'),
      TRUSTCAST_SIGNING_COMMAND: `${process.execPath} ${here('module.mjs')} ${here('module.pem')}`,
      TRUSTCAST_PORT: port,
    },
    ['--new-signing-key'],
  );
  await until(
    () => Promise.resolve(applied()),
    (positions) => positions.at(-1) === at[0]!.position,
  );
  const { deployment } = await until(
    () => deploy(service, `recovered-${Math.random()}`),
    ({ userErrors }) => userErrors.length === 0,
  );
  const { epoch, revision } = deployment!.environments[0]!;
  await until(
    () => Promise.resolve(applied()),
    (positions) => positions.at(-1) === `${epoch}.${revision}`,
  );
  nats.publish(subjectsOf(installation).changed('apimanager'), evil);
  await nats.drain();
  expect(log().match(/"msg":"ready"/g)).toHaveLength(1);
  const { rows: audit } = await harness.sql.query<{ action: string }>(
    `SELECT action FROM audit WHERE action = 'publishKeys'`,
  );
  expect(audit).toHaveLength(4);
}, 180_000);
