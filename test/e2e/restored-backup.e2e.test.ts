import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Authority } from '../kit/authority.js';
import { Installation } from '../kit/installation.js';

const TRUSTCAST = fileURLToPath(new URL('../../../clients/cli/dist/bundle/main.js', import.meta.url));

interface Plan {
  readonly knowledge: string;
  readonly hosts: number;
  readonly hostsAhead: number;
  readonly furthest: { readonly epoch: number; readonly revision: number } | null;
  readonly held: { readonly agent: string; readonly entries: number } | null;
  readonly steps: readonly { readonly name: string; readonly action: string; readonly retrusts: boolean }[] | null;
}
const PLAN = `plan: advanceEpochPlan(environment: "apimanager") { knowledge hosts hostsAhead furthest { epoch revision }
  held { agent entries } steps { name action retrusts } }`;

let installation: Installation;
let authority: Authority;

beforeAll(async () => {
  installation = await Installation.start();
  authority = await Authority.make('Backup CA');
}, 60_000);
afterAll(() => installation.stop());

async function planWhen(holds: (plan: Plan) => boolean): Promise<Plan> {
  for (;;) {
    const { plan } = await installation.query<{ plan: Plan }>(`{ ${PLAN} }`);
    if (holds(plan)) return plan;
    await delay(200);
  }
}

async function trustcast(...args: string[]): Promise<{ code: number; text: string }> {
  const env = { TRUSTCAST_URL: installation.url, TRUSTCAST_TOKEN: installation.stack.token };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [TRUSTCAST, ...args], { env });
    return { code: 0, text: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, text: stdout + stderr };
  }
}

test('a restored database does not trust again what was deleted as compromised, until somebody who saw it says so', async () => {
  const host = await installation.host('host');
  await installation.create('stays', await authority.renew());
  const stolen = await installation.create('stolen', await authority.renew());
  await installation.settled(host, 'host');
  await installation.backUp();
  await installation.insist('deleteCertificate', {
    id: stolen.id,
    expectedVersion: stolen.version,
    compromised: 'its key was stolen',
  });
  await installation.create('later', await authority.renew());
  const { revision } = (await installation.statement('host'))!;
  await installation.settled(host, 'host');
  await installation.restoreBackup();

  expect(await planWhen(({ knowledge, hostsAhead }) => knowledge === 'KNOWN' && hostsAhead === 1)).toEqual({
    knowledge: 'KNOWN',
    hosts: 1,
    hostsAhead: 1,
    furthest: { epoch: 1, revision },
    held: { agent: 'host', entries: 2 },
    steps: [
      { name: 'stolen', action: 'ADD', retrusts: true },
      { name: null, action: 'REMOVE', retrusts: false },
    ],
  });
  const shown = await trustcast('epoch', 'plan', 'apimanager');
  expect(shown).toMatchObject({ code: 0, text: expect.stringMatching(/TRUSTED AGAIN +stolen/) });
  const fingerprint = /--retrust ([0-9a-f]{64})/.exec(shown.text)![1]!;

  const reason = ['--reason', 'restored the backup'];
  const refused = await trustcast('epoch', 'advance', 'apimanager', ...reason);
  expect(refused).toMatchObject({ code: 1, text: expect.stringMatching(/RETRUST_NOT_CONFIRMED.*"stolen"/) });
  expect(refused.text).toContain(fingerprint);
  expect(installation.applied('host').at(-1)).toBe(revision);

  expect(await trustcast('epoch', 'advance', 'apimanager', ...reason, '--retrust', fingerprint)).toMatchObject({
    code: 0,
  });
  await installation.settled(host, 'host');
  expect(await planWhen(({ hostsAhead }) => hostsAhead === 0)).toMatchObject({
    knowledge: 'KNOWN',
    held: null,
    furthest: null,
    steps: [],
  });
}, 180_000);
