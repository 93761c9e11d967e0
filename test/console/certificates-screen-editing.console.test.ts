import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { Authority } from '../kit/authority.js';
import type { Certificate } from '../kit/installation.js';
import { Stage } from './stage.js';

/** The sentences of the certificates screen about editing, deleting and export, as a person sees them in Chromium. */

const QUESTION = 'This Certificate is used in 1 JWK(s). What would you like to do?';
const JWKS = `query ($id: ID!) { jwks(filter: { environment: "apimanager" }) { nodes { name link { certificate { id } } } }
  certificate(by: { id: $id }) { description version } }`;

let stage: Stage;
let page: Page;
let count = 0;

beforeAll(async () => {
  stage = await Stage.start();
  page = await stage.signedIn('/certificates');
}, 60_000);
afterEach(() => expect(stage.faults).toEqual([]));
afterAll(() => stage.stop());

const button = (name: string) => page.getByRole('button', { name, exact: true });
const jwkDialog = () => page.getByRole('dialog', { name: 'JWK Connection' });
const confirmation = () => page.getByRole('alertdialog');

/** A certificate from which a JWK was made. */
async function linked(): Promise<Certificate> {
  const name = `linked-${++count}`;
  const { installation } = stage;
  const certificate = await installation.create(name, await (await Authority.make(name)).renew());
  await installation.query('mutation ($input: CreateJwkInput!) { createJwk(input: $input) { jwk { id } } }', {
    input: {
      ...{ certificateId: certificate.id, environment: 'apimanager', name: `${name}-key` },
      ...{ use: 'SIGNATURE', algorithm: 'ES256' },
    },
  });
  return certificate;
}

/** What the service has now of the JWK of a certificate, and of the certificate. */
async function state({ id, name }: Certificate) {
  const { jwks, certificate } = await stage.installation.query<{
    jwks: { nodes: { name: string; link: { certificate: { id: string } } | null }[] };
    certificate: { description: string; version: number } | null;
  }>(JWKS, { id });
  const jwk = jwks.nodes.find((one) => one.name === `${name}-key`);
  return { jwk: jwk && (jwk.link ? 'linked' : 'disconnected'), certificate };
}

/** Opens the certificate from the list, by its menu. */
async function choose({ name }: Certificate, item: string) {
  await page.getByRole('link', { name: 'Certificates', exact: true }).click();
  await button(`Menu of ${name}`).click();
  await page.getByRole('menuitem', { name: item }).click();
}

/** Edits by the menu, puts another X.509 certificate in its place, and saves. */
async function replace(certificate: Certificate) {
  await choose(certificate, 'Edit');
  await page.getByLabel('Description').fill('changed');
  await page.getByRole('region', { name: 'Configuration' }).getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Paste from Clipboard').click();
  await dialog.getByLabel('Certificate', { exact: true }).fill(await (await Authority.make('Next CA')).renew());
  await dialog.getByRole('button', { name: 'Read' }).click();
  await dialog.getByRole('radio', { name: 'CN=Next CA' }).waitFor();
  await dialog.getByRole('button', { name: 'Apply' }).click();
  await button('Save and Deploy').click();
  await jwkDialog().getByText(QUESTION).first().waitFor();
}

async function confirm(name: string, label: string) {
  await confirmation().getByLabel('Certificate name').fill(name);
  await confirmation().getByRole('button', { name: label, exact: true }).click();
}

describe('updating related JWKs', () => {
  test('"Cancel: cancels the operation and no changes are made", also in the confirmation', async () => {
    const certificate = await linked();
    await replace(certificate);
    expect(await jwkDialog().getByRole('radio', { checked: true }).count()).toBe(0);
    await jwkDialog().getByRole('button', { name: 'Cancel' }).click();
    await button('Save and Deploy').click();
    await jwkDialog().getByRole('radio', { name: 'Update related JWKs' }).check();
    await jwkDialog().getByRole('button', { name: 'Continue' }).click();
    await confirmation().getByRole('button', { name: 'Cancel' }).click();
    expect(await state(certificate)).toEqual({ jwk: 'linked', certificate: { description: '', version: 1 } });
    expect(await page.getByLabel('Description').inputValue()).toBe('changed');
  });

  test('"Update related JWKs", and "the user confirms the operation by entering the certificate name"', async () => {
    const certificate = await linked();
    await replace(certificate);
    await jwkDialog().getByText('may affect all policies and connections').waitFor();
    await jwkDialog().getByRole('radio', { name: 'Update related JWKs' }).check();
    await jwkDialog().getByRole('button', { name: 'Continue' }).click();
    await confirmation().getByLabel('Certificate name').fill('another');
    expect(await confirmation().getByRole('button', { name: 'Update', exact: true }).isDisabled()).toBe(true);
    await confirm(certificate.name, 'Update');
    await page.getByText('The change is stored').waitFor();
    expect(await state(certificate)).toEqual({ jwk: 'linked', certificate: { description: 'changed', version: 2 } });
  });

  test('"Update certificate only and disconnect"', async () => {
    const certificate = await linked();
    await replace(certificate);
    await jwkDialog().getByRole('radio', { name: 'Update certificate only and disconnect' }).check();
    await jwkDialog().getByRole('button', { name: 'Continue' }).click();
    await confirm(certificate.name, 'Update');
    await page.getByText('The change is stored').waitFor();
    expect(await state(certificate)).toMatchObject({ jwk: 'disconnected', certificate: { version: 2 } });
  });
});

describe('deletion', () => {
  test('"Cancel" of the JWK Connection dialog leaves certificate and JWK', async () => {
    const certificate = await linked();
    await choose(certificate, 'Delete');
    await jwkDialog().getByText(QUESTION).first().waitFor();
    expect(await jwkDialog().getByRole('listitem').allTextContents()).toEqual([`${certificate.name}-key (ES256)`]);
    await jwkDialog().getByText('This operation cannot be undone.').waitFor();
    await jwkDialog().getByRole('button', { name: 'Cancel' }).click();
    expect(await state(certificate)).toMatchObject({ jwk: 'linked', certificate: { version: 1 } });
  });

  test('"Delete JWKS: delete related JWKs as well", and "click the Delete button again in the opened window"', async () => {
    const certificate = await linked();
    await choose(certificate, 'Delete');
    await jwkDialog().getByRole('radio', { name: 'Delete JWKS' }).check();
    await jwkDialog().getByRole('button', { name: 'Continue' }).click();
    await confirmation().getByText('stop trusting it at their next handshake').waitFor();
    await confirm(certificate.name, 'Delete');
    await page.getByRole('heading', { name: 'Deployment' }).waitFor();
    expect(await state(certificate)).toEqual({ jwk: undefined, certificate: null });
  });

  test('"Delete Disconnect: delete only the certificate, keep JWKs"', async () => {
    const certificate = await linked();
    await choose(certificate, 'Delete');
    await jwkDialog().getByRole('radio', { name: 'Delete Disconnect' }).check();
    await jwkDialog().getByRole('button', { name: 'Continue' }).click();
    await confirm(certificate.name, 'Delete');
    await page.getByRole('heading', { name: 'Deployment' }).waitFor();
    expect(await state(certificate)).toEqual({ jwk: 'disconnected', certificate: null });
  });
});

test("a change that somebody else's came before is explained, nothing typed is lost, and it can be saved after all", async () => {
  const { installation } = stage;
  const certificate = await installation.create('contended', await (await Authority.make('Contended')).renew());
  await choose(certificate, 'Edit');
  await page.getByLabel('Description').fill('mine');
  await installation.query(
    'mutation ($input: UpdateCertificateInput!) { updateCertificate(input: $input) { changed } }',
    { input: { id: certificate.id, expectedVersion: 1, description: 'theirs' } },
  );
  await button('Save and Deploy').click();
  await page.getByText('Somebody else changed this certificate meanwhile').waitFor();
  expect(await page.getByLabel('Description').inputValue()).toBe('mine');
  await button('Base my change on the current version').click();
  await button('Save and Deploy').click();
  await page.getByText('The change is stored').waitFor();
  expect((await state(certificate)).certificate).toEqual({ description: 'mine', version: 3 });
});

test('"Export as Certificate" and "Export" download the file at once, the ZIP named with the date', async () => {
  const pem = await (await Authority.make('Exported')).renew();
  const { id } = await stage.installation.create('exported', pem);
  await page.getByRole('link', { name: 'Certificates', exact: true }).click();
  await page.getByRole('link', { name: 'exported', exact: true }).click();
  const download = async (menu: string, item: string) => {
    await button(menu).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: item, exact: true }).click(),
    ]);
    return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
  };
  const certificate = await download('Export as Certificate', 'exported as PEM');
  expect([certificate.name, certificate.content.toString()]).toEqual(['exported.pem', pem]);
  expect((await download('Export', 'ZIP')).name).toMatch(/^trustcast-export-\d{4}-\d\d-\d\dT.*\.zip$/);
  expect(page.url()).toContain(id);
});
