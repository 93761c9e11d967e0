import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import type { Page } from 'playwright-core';
import { Authority } from '../kit/authority.js';
import { seriousFindings } from './axe.js';
import { Stage } from './stage.js';

let stage: Stage;
let page: Page;

beforeAll(async () => {
  stage = await Stage.start();
  const { installation } = stage;
  const [jdk] = await findJdks();
  await installation.host('host-1', { base: `jvm:${jdk!.home}` });
  const { id } = await installation.create('partner-ca', await (await Authority.make('Partner CA')).renew());
  await installation.settled(await installation.host('host-2'), 'host-2');
  await installation.query('mutation ($input: CreateJwkInput!) { createJwk(input: $input) { jwk { id } } }', {
    input: {
      ...{ certificateId: id, environment: 'apimanager', name: 'partner-key', use: 'SIGNATURE', algorithm: 'ES256' },
    },
  });
  page = await stage.signedIn('/certificates');
}, 60_000);
afterEach(() => expect(stage.faults).toEqual([]));
afterAll(() => stage.stop());

const section = (name: string) =>
  page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name }).click();
const button = (name: string) => page.getByRole('button', { name, exact: true });

test('"In the Truststore tab, digital certificates and trusted root certificate authorities (CA) are listed"', async () => {
  await section('Truststore');
  await page.getByRole('link', { name: 'partner-ca' }).waitFor();
  await page.getByLabel('Origin').selectOption({ label: 'Base' });
  await page.waitForURL(/origin=BASE/);
  await page.getByRole('link', { name: 'partner-ca' }).waitFor({ state: 'detached' });
  expect(await page.getByRole('row').count()).toBe(26);
  await page.getByRole('link', { name: 'Next page' }).click();
  await page.waitForURL(/after=/);
  await page.getByRole('link', { name: 'Previous page' }).waitFor();
});

test('hosts are listed with their state and when they were heard, and a host is enrolled by a command to paste', async () => {
  await section('Hosts');
  await page.getByRole('row', { name: /^host-1 .*Written \d+ \w+ \d+, 20\d\d/ }).waitFor();
  await button('Enroll a host').click();
  await button('Make a token').click();
  const command = await page.getByRole('dialog').locator('pre').textContent();
  expect(command).toMatch(/^TRUSTCAST_ENROLLMENT_TOKEN='tce_\w+' trustcast-agent enroll --service-url http:/);
  await button('Close').click();
});

test('an environment shows its revisions with who made them', async () => {
  await section('Environments');
  await page.getByRole('link', { name: 'API Manager' }).click();
  await page.getByRole('row', { name: /1 added, 0 changed, 0 removed/ }).waitFor();
});

test('the audit shows an action in words, with before and after', async () => {
  await section('Audit');
  const row = page.getByRole('row', { name: /Create certificate/ });
  await row.getByText('Before and after').click();
  await row.getByText('"partner-ca"').first().waitFor();
});

test('a JWK is disconnected after a question, and keeps its key', async () => {
  await section('JWKs');
  const row = page.getByRole('row', { name: /partner-key/ });
  const { kid } = await published();
  await row.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
  await row.getByRole('link', { name: 'partner-ca' }).waitFor();
  await row.getByRole('button', { name: 'Disconnect' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click();
  await row.getByText('Disconnected').waitFor();
  expect((await published()).kid).toBe(kid);
});

async function published(): Promise<{ kid: string }> {
  const response = await fetch(`${stage.installation.url}/environments/apimanager/jwks.json`);
  const { keys } = (await response.json()) as { keys: { kid: string }[] };
  expect(keys.length).toBe(1);
  return keys[0]!;
}

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds nothing serious in any list, at the width of a phone, and nothing is wider than it', async () => {
    const narrow = await stage.signedIn('/certificates', {
      ...{ colorScheme, bypassCSP: true, viewport: { width: 390, height: 844 } },
    });
    for (const name of ['Certificates', 'JWKs', 'Truststore', 'Hosts', 'Environments', 'Audit']) {
      await narrow.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name, exact: true }).click();
      await narrow.locator('tbody tr').first().waitFor();
      expect([name, await seriousFindings(narrow)]).toEqual([name, []]);
      const overflow = await narrow.evaluate('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
      expect([name, overflow]).toEqual([name, 0]);
    }
    await narrow.context().close();
  });
});
