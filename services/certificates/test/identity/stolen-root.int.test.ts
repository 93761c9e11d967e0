import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { startProduct } from '@trustcast/dev/product-process.mjs';
import {
  EMPTY_SET,
  type KeyDocument,
  KEY_LIST_TYPE,
  type MultiSigned,
  ROOT_TYPE,
  type SigningKey,
  decodeKeyList,
  decodeRoot,
  digestOf,
  encodeChangeMessage,
  parseKeyDocument,
  publicJwkOf,
  signAlso,
  signStatement,
  signingKeyOf,
  subjectsOf,
  unsigned,
} from '@trustcast/schema';
import { fileURLToPath } from 'node:url';
import { until } from '../support/harness.js';
import { keyTools } from './key-tools.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, pasted } from '../support/mutations.js';
import { type ServiceProcess, runMain } from '../support/service-process.js';
import { createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const AGENT = fileURLToPath(new URL('../../../../../agents/host/dist/bundle/main.js', import.meta.url));
const LAST = 2 ** 31 - 1;
const YEAR_MS = 365 * 86_400_000;
const stops: (() => Promise<void>)[] = [];
// Before the folder goes that the agents work in.
afterAll(async () => {
  for (const stop of stops) await stop();
});
const harness = useHarness();
const { here, file, keys, rootKeys, sign, publish, pin: pinOf, init } = keyTools(harness);
const newKey = () => signingKeyOf(generateKeyPairSync('ed25519').privateKey);
const keyIn = (name: string) => signingKeyOf(createPrivateKey(readFileSync(here(name))));
const logOf = (name: string) => readFileSync(here(`${name}.log`), 'utf8');
const appliedBy = (name: string) =>
  Array.from(logOf(name).matchAll(/"msg":"applied","position":"(\d+\.\d+)"/g), ([, position]) => position);
const tookBy = (name: string) =>
  Array.from(logOf(name).matchAll(/"rootVersion":(\d+),"version":(\d+)/g), ([, root, list]) => `${root}.${list}`);

async function signedBy(type: string, open: MultiSigned, ...by: readonly SigningKey[]): Promise<MultiSigned> {
  let document = open;
  for (const key of by) document = signAlso(type, document, key, await publicJwkOf(key.privateKey));
  return document;
}

async function startHost(service: ServiceProcess, name: string, { token, pin }: { token: string; pin: string }) {
  const agent = await startProduct({
    name: 'The agent',
    script: AGENT,
    args: ['run'],
    env: {
      TRUSTCAST_SERVICE_URL: service.url,
      TRUSTCAST_AGENT_TOKEN: token,
      TRUSTCAST_PINNED_KEYS: pin,
      TRUSTCAST_DIRECTORY: here(name),
      TRUSTCAST_BASE: 'none',
    },
    logFile: here(`${name}.log`),
  });
  stops.push(agent.stop);
  await until(
    () => Promise.resolve(logOf(name)),
    (text) => text.includes('"msg":"connected"'),
  );
}

test('one stolen root key of three publishes nothing that a host takes, and is replaced by the other two without a visit', async () => {
  const service = await harness.start();
  await init([1, 2, 3], 2);
  // The list has a second key at first, which is taken back before the theft.
  const spare = await newKey();
  writeFileSync(here('spare.pem'), spare.privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  await keys('add', '--key', here('spare.pem'));
  await sign(1, 2);
  await publish();
  const early = parseKeyDocument(readFileSync(file(), 'utf8'));
  await keys('remove', spare.kid);
  await sign(2, 3);
  await publish();
  const pin = await pinOf();
  const created = async (name: string) => ({ token: (await createAgent(service, 'apimanager', name)).token, pin });
  const away = await created('away');
  await startHost(service, 'host', await created('host'));
  let revision = 0;
  /** What the service says goes on to be applied, and nothing else ever is. */
  const deploy = async (...hosts: readonly string[]) => {
    const name = `change-${++revision}`;
    const definitions = [pasted(['apimanager'], name, makeCertificate(name).pem)];
    await createCertificate(service, { name, definitions });
    for (const host of hosts)
      await until(
        () => Promise.resolve(appliedBy(host)),
        (positions) => positions.at(-1) === `1.${revision}`,
      );
  };
  await deploy('host');

  // The thief has a key of the root, keys of his own, and NATS.
  const [stolen, own] = [await keyIn('root-1.pem'), await newKey()];
  const others = JSON.parse(await keys('show', '--json')) as { roots: { keys: string[] }[] };
  const now = Date.now();
  const current = parseKeyDocument(readFileSync(file(), 'utf8'));
  const claims = decodeKeyList(current.list);
  const ownKey = { key: await publicJwkOf(own.privateKey), notBefore: now - YEAR_MS, notAfter: now + YEAR_MS };
  const wanted = unsigned({ ...claims, version: claims.version + 1, keys: [...claims.keys, ownKey] });
  const once = await signedBy(KEY_LIST_TYPE, wanted, stolen);
  const posing = { ...own, kid: others.roots[0]!.keys.find((kid) => kid !== stolen.kid)! };
  const { installation, version } = decodeRoot(current.roots.at(-1)!);
  const hisRoot = unsigned({ installation, version: version + 1, threshold: 1, keys: [stolen.kid] });
  const underHis = unsigned({ ...claims, rootVersion: version + 1, version: 1, keys: [ownKey] });
  const attempts: Record<string, KeyDocument> = {
    'below the threshold': { ...current, list: once },
    'the same signature twice': {
      ...current,
      list: { ...once, signatures: [...once.signatures, ...once.signatures] },
    },
    'his own key by the id of another root key': {
      ...current,
      list: await signedBy(KEY_LIST_TYPE, once, posing),
    },
    'a root of his own': {
      roots: [...current.roots, await signedBy(ROOT_TYPE, hisRoot, stolen)],
      list: await signedBy(KEY_LIST_TYPE, underHis, stolen),
    },
    'the list from before': early,
  };
  const nats = await harness.connectNats();
  const subjects = subjectsOf(installation);
  const { rows } = await harness.sql.query<{ id: string }>(`SELECT id FROM environments WHERE name = 'apimanager'`);
  const scope = { installation, environment: rows[0]!.id };
  /** Hands a document out, and what the keys that it has would sign. */
  const plant = async (keyList: KeyDocument, signer: SigningKey) => {
    const claim = { ...scope, epoch: LAST, revision: LAST, issuedAt: Date.now(), digest: digestOf(scope, EMPTY_SET) };
    const evil = { statement: await signStatement(claim, signer), from: null, upserts: [], removals: [] };
    nats.publish(subjects.heartbeat('apimanager'), encodeChangeMessage({ ...evil, keyList }));
    nats.publish(subjects.changed('apimanager'), encodeChangeMessage(evil));
    await nats.flush();
  };
  const took = tookBy('host');
  expect(took.at(-1)).toBe('1.2');
  for (const [what, document] of Object.entries(attempts)) {
    await plant(document, document === early ? spare : own);
    await deploy('host');
    expect([what, tookBy('host')]).toEqual([what, took]);
    if (document === early) continue;
    writeFileSync(here('evil.json'), JSON.stringify(document));
    const { code, output } = await runMain(['publish-keys', here('evil.json')], harness.environmentVariables);
    expect([what, code, output]).toEqual([what, 78, expect.stringContaining('KEY_LIST_BELOW_THRESHOLD')]);
  }

  // The owner replaces it with the two others, as docs/operating.md says.
  await keys('next-root', '--threshold', '2', ...rootKeys([2, 3, 4]));
  await sign(2, 3);
  await publish();
  await until(
    () => Promise.resolve(tookBy('host')),
    (lists) => lists.at(-1) === '2.1',
  );
  await deploy('host');
  // A host that was away all the time follows from the root that it pins.
  await startHost(service, 'away', away);
  await deploy('host', 'away');
  expect(tookBy('away')).toEqual(['2.1']);

  // Now it counts for nothing, also beside a key of the new root, and beside another of the old one.
  const [second, fourth] = [await keyIn('root-2.pem'), await keyIn('root-4.pem')];
  const replaced = parseKeyDocument(readFileSync(file(), 'utf8'));
  const next = unsigned({ ...decodeKeyList(replaced.list), version: 2, keys: [ownKey] });
  const afterwards: Record<string, KeyDocument> = {
    'beside a key of the new root': { ...replaced, list: await signedBy(KEY_LIST_TYPE, next, stolen, fourth) },
    'beside a key of the old root': { ...current, list: await signedBy(KEY_LIST_TYPE, wanted, stolen, second) },
  };
  for (const [what, document] of Object.entries(afterwards)) {
    await plant(document, own);
    await deploy('host', 'away');
    expect([what, tookBy('host').at(-1), tookBy('away')]).toEqual([what, '2.1', ['2.1']]);
  }
  for (const host of ['host', 'away']) {
    expect(appliedBy(host)).not.toContain(`${LAST}.${LAST}`);
    expect(logOf(host).match(/"msg":"ready"/g)).toHaveLength(1);
  }
}, 180_000);
