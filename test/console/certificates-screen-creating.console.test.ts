import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startPartner } from '@trustcast/dev/partner.mjs';
import {
  type ApiManager,
  compileApiManager,
  startApiManager,
} from '@trustcast/dev/sample-api-manager/start-api-manager.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import type { Page } from 'playwright-core';
import { Authority } from '../kit/authority.js';
import { Stage } from './stage.js';

/** The sentences of the certificates screen about creating, as a person sees them in Chromium. */

let stage: Stage;
let page: Page;
let partner: Awaited<ReturnType<typeof startPartner>>;
let manager: ApiManager;
let pem: string;
const folder = mkdtempSync(join(tmpdir(), 'trustcast-console-'));

beforeAll(async () => {
  stage = await Stage.start();
  const [jdk] = await findJdks();
  partner = await startPartner({});
  const host = await stage.installation.host('host', { base: `jvm:${jdk!.home}` });
  const classes = join(host.directory, '..', 'classes');
  await compileApiManager({ jdk: jdk!, classes });
  manager = await startApiManager({ jdk: jdk!, classes, url: partner.url, javaOptions: [host.javaAgent] });
  pem = await (await Authority.make('Pasted CA')).renew();
  page = await stage.signedIn('/certificates');
}, 60_000);
afterEach(() => expect(stage.faults).toEqual([]));
afterAll(async () => {
  await manager.stop();
  await partner.stop();
  await stage.stop();
  rmSync(folder, { recursive: true });
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const dialog = () => page.getByRole('dialog');

async function openDefinition() {
  await page.goto(`${stage.installation.url}/console/certificates/new`);
  await page.getByLabel('API token').fill(stage.installation.stack.token);
  await button('Sign in').click();
  await button('New Certificate Definition').click();
}

test('"Click the Create button"', async () => {
  await page.getByRole('link', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'Create certificate' }).waitFor();
});

test('"Fill in the information under Definition": name and description', async () => {
  const definition = page.getByRole('region', { name: 'Definition', exact: true });
  await definition.getByLabel('Name').fill('partner');
  await definition.getByLabel('Description').fill('The partner whose API is called.');
});

test('"Then click the New Certificate Definition button": the window opens', async () => {
  await button('New Certificate Definition').click();
  await dialog().getByRole('heading', { name: 'New Certificate Definition' }).waitFor();
});

test('"The previously defined environment where the certificate will be used is selected"', async () => {
  await dialog().getByRole('group', { name: 'Environments' }).getByRole('checkbox', { name: 'API Manager' }).check();
});

test('"Three options are available" for the Source Of Certificate', async () => {
  const options = dialog().getByRole('group', { name: 'Source Of Certificate' });
  expect(await options.getByRole('radio').count()).toBe(3);
  expect(await options.locator('label').allTextContents()).toEqual([
    'Receive via HTTPS/LDAPS Connection',
    'Import from File',
    'Paste from Clipboard',
  ]);
});

test('"URL: the HTTPS or LDAPS URL connection address is entered and the button next to it is clicked"', async () => {
  await dialog().getByLabel('URL').fill(partner.url);
  await dialog().getByRole('button', { name: 'Retrieve' }).click();
  const chain = dialog().getByRole('group', { name: 'Presented chain' });
  await chain.getByRole('radio', { checked: true }).waitFor();
  expect(await chain.getByRole('radio').count()).toBe(1);
});

test('"Alias" is suggested, and "Content: the field where the content of the certificate is displayed"', async () => {
  expect(await dialog().getByLabel('Alias').inputValue()).toBe('localhost');
  const content = dialog().getByRole('region', { name: 'Content' });
  const fields = await content.getByRole('term').allTextContents();
  expect(fields).toEqual([
    ...['Subject', 'Issuer', 'Serial number', 'Valid from', 'Valid until', 'Days left', 'Subject alternative names'],
    ...['Key', 'Signature algorithm', 'Key usages', 'Extended key usages', 'Basic constraints', 'Self-signed'],
    ...['SHA-1 fingerprint', 'SHA-256 fingerprint', 'Certificate'],
  ]);
  expect(await content.getByText('CN=localhost, O=Partner').count()).toBeGreaterThan(0);
});

test('"Click the Apply button. The saved Certificate Definition is listed in the table opened under Configuration"', async () => {
  await dialog().getByRole('button', { name: 'Apply' }).click();
  await dialog().waitFor({ state: 'detached' });
  const row = page.getByRole('region', { name: 'Configuration' }).getByRole('row').nth(1);
  expect(await row.textContent()).toMatch(/localhost.*API Manager.*CN=localhost, O=Partner/);
});

test('"Click the Save and Deploy button to deploy": the JVM that calls the partner is shown live, and trusts it', async () => {
  expect(await manager.call()).toHaveProperty('exception');
  await button('Save and Deploy').click();
  await page.getByText('Live in every JVM').waitFor();
  expect(await manager.call()).toMatchObject({ status: 200 });
  await page.getByRole('row', { name: `ApiManager · process ${manager.pid} Live` }).waitFor();
});

describe('other sources', () => {
  test('"the file containing the certificate is selected by clicking the Select File button"', async () => {
    await openDefinition();
    await dialog().getByText('Import from File').click();
    const file = join(folder, 'authority.pem');
    writeFileSync(file, pem);
    const chooser = page.waitForEvent('filechooser');
    await dialog().getByRole('button', { name: 'Select File' }).click();
    await (await chooser).setFiles(file);
    await dialog().getByRole('radio', { name: 'CN=Pasted CA' }).waitFor();
    expect(await dialog().getByLabel('Alias').inputValue()).toBe('pasted-ca');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
  });

  test('"the encoding type of the pasted certificate is selected": BASE64 or BASE64PEM, and a wrong one is told', async () => {
    await openDefinition();
    await dialog().getByText('Paste from Clipboard').click();
    await dialog().getByLabel('Certificate', { exact: true }).fill(pem);
    const encoding = dialog().getByLabel('Encoding Type');
    expect((await encoding.getByRole('option').allTextContents()).sort()).toEqual(['BASE64', 'BASE64PEM']);
    await encoding.selectOption('BASE64');
    await dialog().getByRole('button', { name: 'Read' }).click();
    await dialog().getByRole('alert').getByText('BASE64PEM').waitFor();
    await encoding.selectOption('BASE64PEM');
    await dialog().getByRole('button', { name: 'Read' }).click();
    await dialog().getByRole('radio', { name: 'CN=Pasted CA' }).waitFor();
  });
});
