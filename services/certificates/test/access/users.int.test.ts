import { KeyObject, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { SignJWT, UnsecuredJWT, generateKeyPair } from 'jose';
import { until } from '../support/harness.js';
import { ask } from '../support/service-process.js';
import { subscriptionClient } from '../support/subscription-client.js';
import { CLIENT, type Handler, TestIssuer } from '../support/test-issuer.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const issuerOf = () =>
  madeIn(beforeAll, async () => {
    const issuer = await TestIssuer.start();
    harness.onStop(() => issuer.stop());
    return issuer;
  });
const issuer = issuerOf();
const other = issuerOf();
/** Of which nothing is known when the tests begin. */
const broken = issuerOf();
const service = madeIn(beforeAll, () => {
  const file = join(harness.folder, 'issuers.json');
  writeFileSync(file, JSON.stringify([issuer, other, broken].map((each) => each.settings())));
  return harness.start({ TRUSTCAST_OIDC_ISSUERS: file, TRUSTCAST_LOG_LEVEL: 'debug' });
});

const ME = '{ me { actor name kind expiresAt user { issuer subject groups } grants { permission environments } } }';
const FOLLOW = 'subscription { latestDeployment(environment: "apimanager") { id } }';
const now = () => Math.floor(Date.now() / 1_000);
const statusOf = async (token: string) => (await ask(service.url, token, ME)).status;
const secretsOf = (token: string) =>
  token
    .split('.')
    .slice(1)
    .filter((part) => part.length > 20);

/** Grants everything to a subject. */
const allow = (subject: string, of = issuer) =>
  harness.sql.query(
    `INSERT INTO grants (id, issuer, subject, permissions, created_by)
     VALUES (gen_random_uuid(), $1, $2, '{VIEW,MANAGE,DEPLOY,EXPORT}', 'test')`,
    [of.url, subject],
  );

describe('a person with a token of an identity provider', () => {
  test('is known by issuer, subject, name and groups, and may do nothing without a grant', async () => {
    const token = await issuer.tokenOf('anna', { name: 'Anna', groups: ['operators', 'staff'] });
    const { data, status } = await ask(service.url, token, ME);
    expect(status).toBe(200);
    expect(data).toEqual({
      me: {
        actor: `user:${issuer.url}#anna`,
        name: 'Anna',
        kind: 'USER',
        expiresAt: expect.any(String) as unknown,
        user: { issuer: issuer.url, subject: 'anna', groups: ['operators', 'staff'] },
        grants: [],
      },
    });
    const { errors } = await ask(service.url, token, '{ environments { name } }');
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('is somebody else than who has the same subject at another provider', async () => {
    await allow('bob');
    const answers = await Promise.all(
      [issuer, other].map(async (each) =>
        ask(service.url, await each.tokenOf('bob'), '{ environments { name } me { actor } }'),
      ),
    );
    expect(answers[0]?.data).toMatchObject({ environments: [{}], me: { actor: `user:${issuer.url}#bob` } });
    expect(answers[1]?.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('asks, uploads, downloads and follows, and opens nothing without a grant', async () => {
    await allow('carol');
    const statuses = async (subject: string) => {
      const authorization = `Bearer ${await issuer.tokenOf(subject)}`;
      const form = new FormData();
      form.set('file', new Blob(['nothing']), 'a.pem');
      const upload = await fetch(`${service.url}/uploads/parse`, {
        method: 'POST',
        headers: { authorization },
        body: form,
      });
      const download = await fetch(`${service.url}/environments/apimanager/truststore`, { headers: { authorization } });
      return [upload.status, download.status];
    };
    expect(await statuses('nobody')).toEqual([403, 403]);
    expect(await statuses('carol')).toEqual([200, 200]);
    const feed = subscriptionClient(harness, service, await issuer.tokenOf('carol')).iterate({ query: FOLLOW });
    expect(await feed.next()).toMatchObject({ value: { data: { latestDeployment: null } } });
  });

  test('is refused when the token has ended, and what was kept open ends within two seconds', async () => {
    await allow('dave');
    const token = await issuer.tokenOf('dave', { lifetimeS: 3 });
    const feed = subscriptionClient(harness, service, token).iterate({ query: FOLLOW });
    await feed.next();
    await expect(feed.next()).rejects.toMatchObject({ code: 4403 });
    const { exp = 0 } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: number };
    expect(Date.now() - exp * 1_000).toBeLessThan(2_000);
    expect(await statusOf(token)).toBe(401);
  });
});

describe('a token is refused', () => {
  const parts = (token: string) => token.split('.');
  const CASES: Readonly<Record<string, () => string | Promise<string>>> = {
    'with the algorithm none': () =>
      new UnsecuredJWT({ azp: CLIENT })
        .setIssuer(issuer.url)
        .setAudience('https://trustcast.test')
        .setSubject('eve')
        .setExpirationTime('5m')
        .encode(),
    'that is signed by HS256 with the public key': async () => {
      const publicKey = createPublicKey(KeyObject.from(issuer.key)).export({ format: 'pem', type: 'spki' });
      return new SignJWT({ azp: CLIENT, sub: 'eve', iss: issuer.url, aud: 'https://trustcast.test', exp: now() + 60 })
        .setProtectedHeader({ alg: 'HS256', kid: issuer.kid })
        .sign(Buffer.from(publicKey));
    },
    'that is meant for somebody else': () => issuer.sign({ aud: 'https://else.test' }),
    'that is meant for nobody': () => issuer.sign({ aud: undefined }),
    'of another client': () => issuer.sign({ azp: 'another' }),
    'that was issued to this client and to another one': () => issuer.sign({ client_id: 'another' }),
    'of no client': () => issuer.sign({ azp: undefined }),
    'that has ended': () => issuer.sign({ exp: now() - 1 }),
    'without an end': () => issuer.sign({ exp: undefined }),
    'that is not valid yet': () => issuer.sign({ nbf: now() + 60 }),
    'that is of the future': () => issuer.sign({ iat: now() + 60 }),
    'of a key that nobody knows': () => issuer.sign({}, { kid: 'unknown' }),
    'of another key with the id of a known one': async () =>
      issuer.sign({}, {}, (await generateKeyPair('RS256')).privateKey),
    'of another provider that names this one': () => other.sign({ iss: issuer.url }),
    'of an issuer that nobody configured': () => issuer.sign({ iss: 'https://id.example' }),
    'of this issuer with a slash more': () => issuer.sign({ iss: `${issuer.url}/` }),
    'without a subject': () => issuer.sign({ sub: undefined }),
    'whose subject is no text': () => issuer.sign({ sub: 7 as never }),
    'whose subject has a line break': () => issuer.sign({ sub: 'a\nb' }),
    'whose subject turns on a screen': () => issuer.sign({ sub: 'a\u202eb' }),
    'whose subject has half a character': () => issuer.sign({ sub: 'a\ud800' }),
    'whose subject is too long': () => issuer.sign({ sub: 'x'.repeat(256) }),
    'that is bound to a key': () => issuer.sign({ cnf: { jkt: 'x' } }),
    'that is meant to end a session': () => issuer.sign({}, { typ: 'logout+jwt' }),
    'with a critical header that nobody understands': async () => {
      const [, body] = parts(await issuer.sign());
      const head = { alg: 'RS256', kid: issuer.kid, crit: ['x'], x: true };
      const signed = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${body}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), KeyObject.from(issuer.key)).toString('base64url')}`;
    },
    'whose payload was changed': async () => {
      const [head, body, signature] = parts(await issuer.sign());
      const claims = JSON.parse(Buffer.from(body ?? '', 'base64url').toString()) as object;
      const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url');
      return [head, changed, signature].join('.');
    },
    'without its signature': async () =>
      `${parts(await issuer.sign())
        .slice(0, 2)
        .join('.')}.`,
    'that is no JSON': () => `eyJ.${randomBytes(20).toString('base64url')}.AAAA`,
    'that is signed by a key of its own': async () => {
      const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const header = { jwk: publicKey.export({ format: 'jwk' }), kid: undefined as never };
      return issuer.sign({}, header, privateKey as never);
    },
  };

  test.each(Object.entries(CASES))('%s, and never logged', async (_what, make) => {
    const token = await make();
    expect(await statusOf(token)).toBe(401);
    for (const secret of secretsOf(token)) expect(service.output()).not.toContain(secret);
  });

  test('and one that is within the skew of clocks is not', async () => {
    expect(await statusOf(await issuer.sign({ nbf: now() + 3, iat: now() + 3 }))).toBe(200);
  });

  test('with a million groups at once, over a WebSocket too', async () => {
    const groups = Array.from({ length: 1_000_000 }, (_each, index) => `group-${index}`);
    const huge = await issuer.sign({ groups });
    const headers = { authorization: `Bearer ${huge}` };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers }).then(
      ({ status }) => status,
      () => 0,
    );
    expect([431, 0]).toContain(response);
    const large = await issuer.sign({ groups: groups.slice(0, 10_000) });
    expect(large.length).toBeLessThan(256 * 1024);
    const feed = subscriptionClient(harness, service, large).iterate({ query: FOLLOW });
    await expect(feed.next()).rejects.toMatchObject({ code: 4403 });
  });

  test('and one with as many groups as fit is not', async () => {
    const groups = Array.from({ length: 900 }, (_each, index) => `group-${index}`);
    const { data } = await ask(service.url, await issuer.sign({ groups }), ME);
    expect(data).toMatchObject({ me: { user: { groups } } });
  });
});

describe('a provider', () => {
  test('that rotates its keys under load has every token accepted', async () => {
    let running = true;
    const statuses: number[] = [];
    const load = Array.from({ length: 4 }, async () => {
      while (running) statuses.push(await statusOf(await issuer.tokenOf('frank')));
    });
    for (const kid of ['key-2', 'key-3', 'key-4']) {
      await issuer.rotate(kid);
      const seen = statuses.length;
      await until(
        () => Promise.resolve(statuses.length),
        (length) => length > seen + 8,
      );
    }
    running = false;
    await Promise.all(load);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('that replaces its key under the id of the one before has tokens of the new one accepted, and no more of the old one', async () => {
    const [before, later] = [await issuer.sign({ sub: 'before' }), await issuer.sign({ sub: 'later' })];
    expect(await statusOf(before)).toBe(200);
    await issuer.rotate(issuer.kid);
    expect(await statusOf(await issuer.tokenOf('frank'))).toBe(200);
    expect(await statusOf(later)).toBe(401);
  });

  test('is not asked for keys more than once a second, whatever keys tokens name', async () => {
    const before = issuer.asked.length;
    const began = performance.now();
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async (_each, index) => statusOf(await issuer.sign({}, { kid: `unknown-${index}` }))),
    );
    expect(new Set(statuses)).toEqual(new Set([401]));
    const seconds = (performance.now() - began) / 1_000;
    expect(issuer.asked.length - before).toBeLessThanOrEqual(2 * (Math.floor(seconds) + 2));
  });

  const warnings = () =>
    service
      .output()
      .split('\n')
      .filter((line) => line.includes('cannot be read; trying again') && line.includes(broken.url));

  test.each<[string, Handler]>([
    ['that is down', (request) => void request.socket.destroy()],
    ['that answers rubbish', (_request, response) => void response.end('<html>')],
    [
      'that answers as another issuer',
      (_request, response) =>
        void response.end(JSON.stringify({ issuer: 'https://id.example', jwks_uri: 'https://id.example' })),
    ],
    [
      'whose keys are no keys',
      (request, response) =>
        void response.end(
          request.url?.includes('well-known')
            ? JSON.stringify({ issuer: broken.url, jwks_uri: `${broken.url}/jwks` })
            : '{"keys":7}',
        ),
    ],
    ['that redirects', (_request, response) => void response.writeHead(302, { location: issuer.url }).end()],
    ['that answers without an end', (_request, response) => void response.write('{"issuer":')],
    ['that sends too much', (_request, response) => void response.end(`{"issuer":"${'x'.repeat(2_000_000)}`)],
  ])('%s is told in a typed answer and soon, and others go on', async (_what, manners) => {
    broken.behave(manners);
    const token = await broken.sign();
    const began = performance.now();
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: ME }),
    });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'IDENTITY_PROVIDER_UNAVAILABLE' });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await statusOf(await issuer.tokenOf('frank'))).toBe(200);
    for (const secret of secretsOf(token)) expect(service.output()).not.toContain(secret);
    await expect(subscriptionClient(harness, service, token).iterate({ query: FOLLOW }).next()).rejects.toMatchObject({
      code: 1013,
    });
  });

  test('is logged once while it is away, shown as degraded, and once when it is back', async () => {
    expect(warnings()).toHaveLength(1);
    const ready = await fetch(`${service.url}/readyz`);
    expect(await ready.json()).toMatchObject({ status: 'degraded', reasons: ['IDENTITY_PROVIDER_UNAVAILABLE'] });
    broken.behave(undefined);
    expect(await statusOf(await broken.tokenOf('grace'))).toBe(200);
    await service.logged('the keys of an identity provider are read again');
    broken.behave((request) => void request.socket.destroy());
    expect(await statusOf(await broken.tokenOf('heidi'))).toBe(200);
  });
});
