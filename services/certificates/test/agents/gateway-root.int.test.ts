import type { ChildProcess } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import {
  EMPTY_SET,
  digestOf,
  encodeChangeMessage,
  signStatement,
  signingKeyOf,
  streamInboxOf,
} from '@trustcast/schema';
import { endGateway, makeGateway } from '../support/gateway-example.js';
import { until } from '../support/harness.js';
import { keyTools } from '../identity/key-tools.js';
import { createAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const LAST = 2 ** 31 - 1;
let gateway: ChildProcess | undefined;
afterAll(() => gateway && endGateway(gateway));
const harness = useHarness();
const { here, keys, main, sign, publish, pin, init } = keyTools(harness);

test('a gateway pins the root, follows its keys through a rotation, and comes back from a theft', async () => {
  let service = await harness.start();
  const port = new URL(service.url).port;
  await init([1], 1);
  await sign(1);
  await publish();
  const root = await pin();
  await until(
    () => createAgent(service, 'apimanager', `pins-${Math.random()}`),
    ({ pins }) => pins[0] === root,
  );
  const { environment, lines, start, seen, deploy } = await makeGateway(service, harness.folder);
  gateway = start();
  await seen(({ event }) => event === 'following');
  const enrolled = readFileSync(join(harness.folder, environment, 'enrollment.json'), 'utf8');
  expect(JSON.parse(enrolled)).toMatchObject({ pinnedKeys: [root] });
  const old = (await main('thumbprint')).trim();

  await main('announce-key', here('next.pem'));
  await keys('add', '--key', here('next.pem'));
  await sign(1);
  await publish();
  await seen(({ event, version }) => event === 'keys' && version === 2);
  await service.stop();
  const env = { TRUSTCAST_SIGNING_KEY_FILE: here('next.pem'), TRUSTCAST_PORT: port };
  service = await harness.start(env, ['--new-signing-key']);
  await deploy(1, service);
  await seen(({ event, revision }) => event === 'taken' && revision === 1);

  await keys('remove', old);
  await sign(1);
  await publish();
  await seen(({ event, version }) => event === 'keys' && version === 3);
  await deploy(1, service);
  await seen(({ event, revision }) => event === 'taken' && revision === 2);
  expect(lines.filter(({ event }) => event === 'refused')).toEqual([]);

  await endGateway(gateway);
  lines.length = 0;
  gateway = start();
  await seen(({ event }) => event === 'following');
  expect(lines.find(({ event }) => event === 'taken')).toMatchObject({ via: 'folder', revision: 2 });

  // The key is stolen, and the thief signs the last position that there can be.
  const { rows } = await harness.sql.query<{ id: string; installation: string; agent: string }>(
    `SELECT e.id, i.id AS installation, a.id AS agent FROM environments e JOIN agents a ON a.environment_id = e.id,
            installation i WHERE e.name = $1`,
    [environment],
  );
  const { id, installation, agent } = rows[0]!;
  const scope = { installation, environment: id };
  const stolen = await signingKeyOf(createPrivateKey(readFileSync(here('next.pem'))));
  const claim = { ...scope, epoch: LAST, revision: LAST, issuedAt: Date.now(), digest: digestOf(scope, EMPTY_SET) };
  const removals = lines.find(({ event }) => event === 'taken')!.aliases!;
  const from = { epoch: 1, revision: 2 };
  const evil = { statement: await signStatement(claim, stolen), from, upserts: [], removals };
  const nats = await harness.connectNats();
  nats.publish(streamInboxOf(agent), encodeChangeMessage(evil));
  await seen(({ event, revision }) => event === 'taken' && revision === LAST);

  await main('announce-key', here('third.pem'));
  await keys('add', '--key', here('third.pem'));
  await keys('remove', stolen.kid, '--start-from', `${id}=1.2`);
  await sign(1);
  await publish();
  await service.stop();
  lines.length = 0;
  service = await harness.start({ ...env, TRUSTCAST_SIGNING_KEY_FILE: here('third.pem') }, ['--new-signing-key']);
  await seen(({ event, via, revision }) => event === 'taken' && via === 'pull' && revision === 2);
  nats.publish(streamInboxOf(agent), encodeChangeMessage(evil));
  await seen(({ event }) => event === 'refused');
  await deploy(1, service);
  await seen(({ event, revision }) => event === 'taken' && revision === 3);
}, 120_000);
