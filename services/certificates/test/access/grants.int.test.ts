import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { until } from '../support/harness.js';
import { createEnvironment } from '../support/mutations.js';
import { type ServiceProcess, ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { TestIssuer } from '../support/test-issuer.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const issuer = madeIn(beforeAll, async () => {
  const made = await TestIssuer.start();
  harness.onStop(() => made.stop());
  return made;
});
const start = () => {
  const file = join(harness.folder, 'issuers.json');
  writeFileSync(file, JSON.stringify([issuer.settings()]));
  return harness.start({ TRUSTCAST_OIDC_ISSUERS: file });
};
const service = madeIn(beforeAll, start);
const second = madeIn(beforeAll, start);
beforeAll(() => createEnvironment(service, 'ours'));

const ME = '{ me { grants { permission environments } } }';
const FIELDS = 'id issuer subject group permissions environments createdBy createdAt';
const CREATE = `mutation ($input: CreateGrantInput!) { payload: createGrant(input: $input) {
  grant { ${FIELDS} } userErrors { code field } } }`;
const DELETE = `mutation ($id: ID!) { payload: deleteGrant(input: { id: $id }) { grant { id } userErrors { code field } } }`;

interface Payload {
  readonly payload: { readonly grant: { readonly id: string } | null; readonly userErrors: readonly object[] };
}

async function grant(input: object): Promise<string> {
  const { payload } = await service.query<Payload>(CREATE, { input });
  if (!payload.grant) throw new Error(JSON.stringify(payload));
  return payload.grant.id;
}

const grantsIn = async (process: ServiceProcess, token: string) =>
  ((await ask(process.url, token, ME)).data as { me: { grants: object[] } }).me.grants;
const within = { timeoutMs: 2_000 };

describe('a grant', () => {
  test('to a group is known to every process within two seconds, gone as soon when it is deleted, and audited', async () => {
    const token = await issuer.tokenOf('anna', { groups: ['operators'] });
    for (const each of [service, second]) expect(await grantsIn(each, token)).toEqual([]);
    const id = await grant({ group: 'operators', permissions: ['VIEW', 'DEPLOY'], environments: ['apimanager'] });
    const granted = [
      { permission: 'VIEW', environments: ['apimanager'] },
      { permission: 'DEPLOY', environments: ['apimanager'] },
    ];
    for (const each of [service, second])
      expect(
        await until(
          () => grantsIn(each, token),
          ({ length }) => length > 0,
          within,
        ),
      ).toEqual(granted);
    expect(await grantsIn(service, await issuer.tokenOf('ben', { groups: ['others'] }))).toEqual([]);
    // A person is none of the groups of this name.
    expect(await grantsIn(service, await issuer.tokenOf('operators'))).toEqual([]);
    await service.query(DELETE, { id });
    for (const each of [service, second])
      await until(
        () => grantsIn(each, token),
        ({ length }) => length === 0,
        within,
      );
    const { data } = await service.graphql('{ audit(first: 2) { nodes { action actor before after } } }');
    const about = { id, issuer: issuer.url, subject: null, group: 'operators', environments: ['apimanager'] };
    const actor = expect.stringMatching(/^token:admin:/) as unknown;
    expect((data as { audit: { nodes: object[] } }).audit.nodes).toEqual([
      expect.objectContaining({ action: 'deleteGrant', actor, before: expect.objectContaining(about) as unknown }),
      expect.objectContaining({ action: 'createGrant', actor, after: expect.objectContaining(about) as unknown }),
    ]);
  });

  test('is known as soon where PostgreSQL notifies nobody', async () => {
    const token = await issuer.tokenOf('carol');
    await grantsIn(service, token);
    await harness.sql.query(
      `INSERT INTO grants (id, issuer, subject, permissions, created_by)
       VALUES (gen_random_uuid(), $1, 'carol', '{EXPORT}', 'test')`,
      [issuer.url],
    );
    await until(
      () => grantsIn(service, token),
      ({ length }) => length > 0,
      within,
    );
    await harness.sql.query(`DELETE FROM grants WHERE subject = 'carol'`);
    await until(
      () => grantsIn(service, token),
      ({ length }) => length === 0,
      within,
    );
  });

  test('adds to others of the person and of all groups', async () => {
    await grant({ subject: 'dave', permissions: ['VIEW'], environments: ['ours'] });
    await grant({ group: 'readers', permissions: ['VIEW'], environments: ['apimanager'] });
    await grant({ group: 'exporters', permissions: ['EXPORT'] });
    const token = await issuer.tokenOf('dave', { groups: ['readers', 'exporters'] });
    expect(await grantsIn(service, token)).toEqual([
      { permission: 'VIEW', environments: ['apimanager', 'ours'] },
      { permission: 'EXPORT', environments: null },
    ]);
  });

  test('of a deleted environment does nothing in one that is made with its name', async () => {
    await createEnvironment(service, 'gone');
    await grant({ subject: 'erin', permissions: ['VIEW'], environments: ['gone'] });
    const token = await issuer.tokenOf('erin');
    expect(await grantsIn(service, token)).toEqual([{ permission: 'VIEW', environments: ['gone'] }]);
    await service.query('mutation { deleteEnvironment(input: { name: "gone" }) { userErrors { code } } }');
    await createEnvironment(service, 'gone');
    expect(await grantsIn(second, token)).toEqual([{ permission: 'VIEW', environments: [] }]);
  });

  test('is listed with who made it, and is the same one for a retry', async () => {
    const input = { subject: 'frank', permissions: ['ADMIN'], idempotencyKey: 'once' };
    expect(await grant(input)).toBe(await grant(input));
    const { data } = await service.graphql(`{ grants(first: 1) { totalCount nodes { ${FIELDS} } } }`);
    expect(data).toMatchObject({
      grants: {
        nodes: [
          {
            issuer: issuer.url,
            subject: 'frank',
            group: null,
            permissions: ['ADMIN'],
            environments: null,
            createdBy: expect.stringMatching(/^token:admin:/) as unknown,
          },
        ],
      },
    });
    const asked = await ask(service.url, await issuer.tokenOf('frank'), `{ grants { totalCount } }`);
    expect(asked.errors).toBeUndefined();
  });

  test('to deploy without a grant of ADMIN makes no grants', async () => {
    await grant({ subject: 'grace', permissions: ['VIEW', 'MANAGE', 'DEPLOY', 'APPROVE', 'EXPORT'] });
    const { errors } = await ask(service.url, await issuer.tokenOf('grace'), CREATE, {
      input: { subject: 'grace', permissions: ['ADMIN'] },
    });
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test.each([
    ['of a provider that is not configured', { issuer: 'https://id.example' }, 'issuer'],
    ['to nobody', { subject: null }, 'subject'],
    ['to a person and a group', { group: 'x' }, 'subject'],
    ['to an empty subject', { subject: '' }, 'subject'],
    ['to a subject with a NUL', { subject: 'a\0b' }, 'subject'],
    ['to half a character', { subject: '\ud800' }, 'subject'],
    ['to a group with a line break', { subject: null, group: 'a\nb' }, 'group'],
    ['to a group whose name turns on a screen', { subject: null, group: 'a\u202eb' }, 'group'],
    ['of nothing', { permissions: [] }, 'permissions'],
    ['for no environment', { environments: [] }, 'environments'],
    ['for an environment that does not exist', { environments: ['nowhere'] }, 'environments'],
    ['for an environment that nobody can name so', { environments: ['a\0b'] }, 'environments'],
  ])('%s is refused', async (_what, broken, field) => {
    const { payload } = await service.query<Payload>(CREATE, {
      input: { subject: 'x', permissions: ['VIEW'], ...broken },
    });
    expect(payload).toMatchObject({ grant: null, userErrors: [{ field: [field] }] });
  });

  test('that does not exist is said to be none', async () => {
    for (const id of ['3d1a4b3e-8c5f-4d4e-9a52-0d8f6a1b2c3d', 'x']) {
      const { payload } = await service.query<Payload>(DELETE, { id });
      expect(payload).toMatchObject({ grant: null, userErrors: [{ code: 'GRANT_NOT_FOUND', field: ['id'] }] });
    }
  });
});

describe('a kept subscription', () => {
  const FOLLOW = { query: 'subscription { latestDeployment(environment: "apimanager") { id } }' };

  test('ends within two seconds when its grant is taken back, and is refused when it is asked for anew', async () => {
    const id = await grant({ subject: 'heidi', permissions: ['VIEW'], environments: ['apimanager'] });
    await grant({ subject: 'heidi', permissions: ['VIEW'], environments: ['ours'] });
    const token = await issuer.tokenOf('heidi');
    const feed = subscriptionClient(harness, second, token).iterate(FOLLOW);
    await feed.next();
    const ended = feed.next();
    await service.query(DELETE, { id });
    const at = performance.now();
    await expect(ended).rejects.toMatchObject({ code: 1012, reason: 'your permissions have changed' });
    expect(performance.now() - at).toBeLessThan(2_000);
    const again = subscriptionClient(harness, second, token).iterate(FOLLOW);
    expect(await again.next()).toMatchObject({ value: { errors: [{ extensions: { code: 'FORBIDDEN' } }] } });
  });

  test('goes on when something more is granted', async () => {
    await grant({ subject: 'ivan', permissions: ['VIEW'], environments: ['apimanager'] });
    const token = await issuer.tokenOf('ivan');
    const client = subscriptionClient(harness, service, token);
    let ended = false;
    client.on('closed', () => (ended = true));
    await client.iterate(FOLLOW).next();
    await grant({ subject: 'ivan', permissions: ['EXPORT'] });
    await until(
      () => grantsIn(service, token),
      ({ length }) => length === 2,
      within,
    );
    await client.iterate({ query: '{ environments { name } }' }).next();
    expect(ended).toBe(false);
  });
});
