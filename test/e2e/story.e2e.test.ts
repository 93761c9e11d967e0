import { chmodSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { graphqlClient } from '@trustcast/dev/graphql-client.mjs';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { Authority } from '../kit/authority.js';
import { pasted } from '../kit/installation.js';
import { type RunningStart, type StartLine, runStart } from '../kit/run-start.js';

let state: string;
beforeAll(() => {
  state = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-story-')));
  chmodSync(state, 0o711);
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

const of = (run: RunningStart, event: string): StartLine[] => run.lines.filter((line) => line.event === event);
const left = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(state);
      } catch {
        return false;
      }
    });

describe('npm start on an empty state folder', () => {
  let first: RunningStart;
  beforeAll(async () => {
    first = runStart(state, ['--exit']);
    const { code, stderr } = await first.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 120_000);

  test('tells a first story from refusal to trust and back, on running JVMs of every JDK it chose', async () => {
    const jdks = await findJdks();
    const managers = of(first, 'manager');
    expect(managers.map(({ jdk, via }) => ({ jdk, via }))).toEqual([
      { jdk: jdks[0]!.major, via: '-javaagent' },
      { jdk: jdks.at(-1)!.major, via: 'attached later' },
    ]);
    for (const { exception, message } of managers) {
      expect(exception).toBe('javax.net.ssl.SSLHandshakeException');
      expect(message).toContain('PKIX path building failed');
    }
    expect(of(first, 'change').map(({ text, revision }) => ({ text, revision }))).toEqual([
      { text: 'deploy "trustcast-story" to apimanager', revision: 1 },
      { text: 'delete "trustcast-story"', revision: 2 },
    ]);
    expect(of(first, 'closing')).toEqual([expect.objectContaining({ live: 2, total: 2 })]);
  });

  test('tells of every JVM that it is LIVE and got 200 OK, and when', () => {
    const pids = of(first, 'manager').map(({ pid }) => String(pid));
    const moments = of(first, 'moment').map(({ text }) => String(text));
    for (const pid of pids) expect(moments).toContain(`pid ${pid} LIVE · 200 OK`);
    expect(moments).toContain(`written on 1 of 1 host`);
    expect(moments).toContain(`pid ${pids.join(', pid ')} refuse it again, resumed sessions included`);
  });

  test('leaves no process behind', () => {
    expect(left()).toEqual([]);
  });

  test('leaves secrets that only their owner can read', () => {
    for (const file of [
      'admin-token',
      'signing-key.pem',
      'hosts/host-1/apimanager/state/agent-key.pem',
      'nats/users.conf',
      'nats/service-password',
    ])
      expect(statSync(join(state, file)).mode & 0o777).toBe(0o600);
  });
});

describe('npm start again', () => {
  test('after kill -9 in the middle of the story keeps the data, ends what was left, and tells it to its end', async () => {
    const killed = runStart(state);
    await killed.until('change');
    killed.signal('SIGKILL');
    await killed.ended;

    const next = runStart(state);
    const up = await Promise.race([
      next.until('up'),
      next.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
    ]);
    expect(of(next, 'closing')).toEqual([expect.objectContaining({ live: 2, total: 2 })]);
    // Two revisions of the first run and one of the killed one went before; the leftover is deleted by a fourth.
    expect(of(next, 'change').map(({ revision }) => revision)).toEqual([5, 6]);

    const token = readFileSync(join(state, 'admin-token'), 'utf8').trim();
    const answer = await fetch(`${String(up.url)}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ environments { name revision } }' }),
    });
    expect(await answer.json()).toEqual({ data: { environments: [{ name: 'apimanager', revision: 6 }] } });

    const second = runStart(state);
    expect(await second.ended).toMatchObject({ code: 75, stderr: expect.stringContaining('is in use by process') });

    next.signal('SIGINT');
    expect((await next.ended).code).toBe(0);
    expect(left()).toEqual([]);
  }, 180_000);
});

/** Asks the service of a run that is up. */
async function ask<Data>(url: unknown, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const token = readFileSync(join(state, 'admin-token'), 'utf8').trim();
  return (await graphqlClient({ url: String(url), token })(query, variables)) as Data;
}

async function create(url: unknown, name: string, description: string): Promise<{ id: string }> {
  const pem = await (await Authority.make(name)).renew();
  const { payload } = await ask<{ payload: { certificate: { id: string }; userErrors: object[] } }>(
    url,
    `mutation ($input: CreateCertificateInput!) {
      payload: createCertificate(input: $input) { certificate { id } userErrors { code message } } }`,
    { input: { name, description, definitions: [pasted(name, pem)] } },
  );
  expect(payload.userErrors).toEqual([]);
  return payload.certificate;
}

const namesOf = async (url: unknown): Promise<string[]> =>
  (
    await ask<{ certificates: { nodes: { name: string }[] } }>(url, '{ certificates { nodes { name } } }')
  ).certificates.nodes.map(({ name }) => name);

describe('npm start deletes what its story made, and nothing else', () => {
  test('although a JWK was made of that; and it says when nats-server or PostgreSQL ends', async () => {
    const first = runStart(state);
    const { url } = await first.until('up');
    await create(url, 'partner-ca', '');
    const { id } = await create(url, 'trustcast-story', 'Made by the story of npm start, which deletes it.');
    const { createJwk } = await ask<{ createJwk: { userErrors: object[] } }>(
      url,
      'mutation ($input: CreateJwkInput!) { createJwk(input: $input) { userErrors { code message } } }',
      { input: { certificateId: id, environment: 'apimanager', name: 'kept', use: 'SIGNATURE', algorithm: 'ES256' } },
    );
    expect(createJwk.userErrors).toEqual([]);
    const pids = ['nats/nats-server.pid', 'postgres/data/postmaster.pid'].map((file) =>
      parseInt(readFileSync(join(state, file), 'utf8'), 10),
    );
    for (const [index, name] of ['nats-server', 'PostgreSQL'].entries()) {
      process.kill(pids[index]!, 'SIGKILL');
      await first.untilLine(({ text }) => String(text).startsWith(`${name} (process ${pids[index]}) has ended: `));
    }
    first.signal('SIGINT');
    expect((await first.ended).code).toBe(0);

    const second = runStart(state);
    const again = await second.until('up');
    expect(of(second, 'closing')).toEqual([expect.objectContaining({ live: 2, total: 2 })]);
    expect(await namesOf(again.url)).toEqual(['partner-ca']);
    const { jwks } = await ask<{ jwks: object }>(
      again.url,
      '{ jwks { nodes { name link { certificate { name } } } } }',
    );
    expect(jwks).toEqual({ nodes: [{ name: 'kept', link: null }] });
    await create(again.url, 'trustcast-story', 'of a user');
    second.signal('SIGINT');
    expect((await second.ended).code).toBe(0);
  }, 180_000);

  test('and where the story cannot be told it says why in one sentence, and goes on serving', async () => {
    const run = runStart(state);
    const { text } = await run.until('failure');
    expect(text).toBe(
      'The story could not be told: the certificate "trustcast-story" is not the story\'s; give yours another name.',
    );
    const { url } = await run.until('up');
    expect((await namesOf(url)).sort()).toEqual(['partner-ca', 'trustcast-story']);
    run.signal('SIGINT');
    expect(await run.ended).toEqual({ code: 0, stderr: '' });
    expect(left()).toEqual([]);
  }, 120_000);
});
