import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Authority } from '../kit/authority.js';
import { seriousFindings } from './axe.js';
import { Stage, signIn } from './stage.js';

let stage: Stage;
let id: string;

beforeAll(async () => {
  stage = await Stage.start();
  const authority = await Authority.make('Known CA');
  ({ id } = await stage.installation.create('known', await authority.renew()));
}, 60_000);
afterEach(() => expect(stage.faults).toEqual([]));
afterAll(() => stage.stop());

/** A token with some permissions. */
async function tokenWith(...permissions: string[]): Promise<{ token: string; id: string }> {
  const { createApiToken } = await stage.installation.query<{
    createApiToken: { token: string; apiToken: { id: string } };
  }>('mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { id } } }', {
    input: { name: permissions.join(' '), permissions },
  });
  return { token: createApiToken.token, id: createApiToken.apiToken.id };
}

test('the address of the service leads to the console', async () => {
  const { url } = stage.installation;
  const response = await fetch(url, { redirect: 'manual' });
  expect([response.status, response.headers.get('location')]).toEqual([302, '/console/']);
});

test('the page may run what the service serves and nothing that is written in it, and asks nobody else', async () => {
  const response = await fetch(`${stage.installation.url}/console/certificates/anything`);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';");
  expect(policy).not.toContain('unsafe');
  expect(await response.text()).toContain('<div id="console">');
});

test('a file that is not there is not answered with the page', async () => {
  const response = await fetch(`${stage.installation.url}/console/assets/gone.js`);
  expect(response.status).toBe(404);
});

test('a token that is not accepted is told, and what to do', async () => {
  const page = await stage.open('/certificates');
  await page.getByLabel('API token').fill('tca_wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The service does not accept this token.').waitFor();
  await page.context().close();
});

test('the token is kept in memory alone: nothing is stored, and a page that is loaded again asks for it', async () => {
  const page = await stage.signedIn('/certificates');
  const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  expect(stored).not.toContain('tca_');
  await page.reload();
  await page.getByLabel('API token').waitFor();
  await page.context().close();
});

test('a sign-in that ends in the middle of a form is renewed over it, and nothing typed is lost', async () => {
  const { token, id: tokenId } = await tokenWith('VIEW', 'MANAGE', 'DEPLOY');
  const page = await stage.signedIn('/certificates/new', {}, token);
  await page.getByLabel('Name').fill('half-typed');
  await page.getByRole('button', { name: 'New Certificate Definition' }).click();
  await page.getByLabel('URL').fill('https://localhost:1');
  await stage.installation.query(
    'mutation ($id: ID!) { revokeApiToken(input: { id: $id }) { apiToken { id } userErrors { message } } }',
    { id: tokenId },
  );
  const asked = page.getByRole('dialog', { name: 'Your sign-in has ended' });
  await asked.getByLabel('API token').fill(stage.installation.stack.token);
  await asked.getByRole('button', { name: 'Sign in' }).click();
  await asked.waitFor({ state: 'detached' });
  expect(await page.getByLabel('URL').inputValue()).toBe('https://localhost:1');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await page.getByLabel('Name').inputValue()).toBe('half-typed');
  await page.context().close();
});

test('who may not deploy is offered neither Create nor Edit nor Delete, and is told why', async () => {
  const { token } = await tokenWith('VIEW');
  const page = await stage.signedIn('/certificates', {}, token);
  await page.getByText('Creating certificates needs the permission DEPLOY.').waitFor();
  expect(await page.getByRole('link', { name: 'Create', exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'Menu of known' }).click();
  expect(await page.getByRole('menuitem').allTextContents()).toEqual(['View']);
  await page.context().close();
});

test('the search and the filters stand in the address, which shows the same to who opens it', async () => {
  const page = await stage.signedIn('/certificates');
  await page.getByLabel('Search').fill('known');
  await page.getByLabel('Expiry').selectOption({ label: 'Within 30 days' });
  await page.waitForURL(/\?search=known&expiry=30$/);
  await page.getByText('No certificate matches').waitFor();
  const [response] = await Promise.all([
    page.waitForResponse((one) => /"expiringWithinDays":(?!30)/.test(one.request().postData() ?? '')),
    page.getByLabel('Expiry').selectOption({ label: 'Expired, or today' }),
  ]);
  expect(await response.json()).toMatchObject({ data: { certificates: { totalCount: 0 } } });
  await page.getByLabel('Expiry').selectOption({ label: 'Any time' });
  await page.waitForURL(/\?search=known$/);
  await page.getByRole('link', { name: 'known', exact: true }).waitFor();
  const address = new URL(page.url());
  const other = await stage.signedIn(`/certificates${address.search}`);
  expect(await other.getByLabel('Search').inputValue()).toBe('known');
  await other.getByRole('link', { name: 'known', exact: true }).waitFor();
  await page.context().close();
  await other.context().close();
});

test("another person's change is seen without asking", async () => {
  const page = await stage.signedIn('/certificates');
  await page.getByRole('link', { name: 'known', exact: true }).waitFor();
  const pem = await (await Authority.make('Seen CA')).renew();
  const created = await stage.installation.create('seen', pem);
  await page.getByRole('link', { name: 'seen', exact: true }).waitFor();
  await stage.installation.remove(created);
  await page.getByRole('link', { name: 'seen', exact: true }).waitFor({ state: 'detached' });
  await page.context().close();
});

test('a service that is away is told, and the page goes on when it is back', async () => {
  const page = await stage.signedIn('/certificates');
  await page.getByRole('link', { name: 'known', exact: true }).waitFor();
  const { installation } = stage;
  await installation.service.stop();
  await page.getByText('The service does not answer.').waitFor();
  installation.service = await installation.startService(Number(new URL(installation.url).port));
  await page.getByText('The service does not answer.').waitFor({ state: 'detached' });
  const pem = await (await Authority.make('Later CA')).renew();
  await installation.create('later', pem);
  await page.getByRole('link', { name: 'later', exact: true }).waitFor();
  await page.context().close();
});

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing serious on any page, ${colorScheme}`, async () => {
    const page = await stage.open('/certificates', { colorScheme, bypassCSP: true });
    expect(await seriousFindings(page)).toEqual([]);
    await signIn(page, stage.installation.stack.token);
    await page.getByRole('link', { name: 'known', exact: true }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'known', exact: true }).click();
    await page.getByRole('term').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    for (const tab of ['Environments', 'Impact']) {
      await page.getByRole('navigation', { name: 'Parts' }).getByRole('link', { name: tab }).click();
      expect(await seriousFindings(page)).toEqual([]);
    }
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'New Certificate Definition' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'New Certificate Definition' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(page.url()).toContain(id);
    await page.context().close();
  });
