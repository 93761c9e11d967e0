import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type SecureVersion, connect } from 'node:tls';
import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { until } from '../support/harness.js';
import { PRIVATE_KEY_PEM, makeCertificate } from '../support/make-certificate.js';
import { WEB_SOCKET, rawConnection, readUntil, requestText } from '../support/raw-request.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const here = (name: string) => join(harness.folder, name);
const certificate = (days: number) => makeCertificate('localhost', { days, ca: false }).pem;
const first = certificate(30);
const tls = () => ({ TRUSTCAST_TLS_CERTIFICATE_FILE: here('tls.pem'), TRUSTCAST_TLS_KEY_FILE: here('tls.key') });
const service = madeIn(beforeAll, async () => {
  writeFileSync(here('tls.pem'), first);
  writeFileSync(here('tls.key'), PRIVATE_KEY_PEM, { mode: 0o600 });
  return harness.start({ ...tls(), TRUSTCAST_TRUSTED_PROXIES: '127.0.0.2' });
});

interface Secured {
  getPeerCertificate(): { readonly raw: Buffer };
}

interface Asked {
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly agent?: Agent;
  readonly localAddress?: string;
}

/** Asks over TLS without a look at the issuer. `shown` is the certificate of the connection. */
async function ask(path: string, { url = service.url, headers = {}, body, agent, localAddress }: Asked = {}) {
  const asked = request(new URL(path, url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json', ...headers },
    rejectUnauthorized: false,
    agent: agent ?? false,
    ...(localAddress && { localAddress }),
  });
  asked.end(body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const socket: unknown = answer.socket;
  const shown = new X509Certificate((socket as Secured).getPeerCertificate().raw).toString();
  return { status: answer.statusCode, text: await text(answer), shown, socket };
}

const query = (text_: string, asked: Asked = {}) =>
  ask('/graphql', { ...asked, body: JSON.stringify({ query: text_ }) });
const metric = async (name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await ask('/metrics')).text)?.[1]);

describe('with a certificate and its key, the service', () => {
  test('answers lists, WebSockets and an Upgrade that nobody wants over TLS, and says so', async () => {
    expect(service.url).toMatch(/^https:/);
    expect((await query('{ environments { name } }')).text).toContain('apimanager');
    const socket = await rawConnection(service.url);
    socket.write(requestText('GET /graphql', WEB_SOCKET));
    expect(await readUntil(socket, (words) => words.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 101/);
    socket.destroy();
    const raw = await rawConnection(service.url);
    raw.write(requestText('GET /healthz', { connection: 'close, Upgrade', upgrade: 'h2c' }));
    expect(await readUntil(raw, () => false)).toMatch(/^HTTP\/1.1 200 OK/);
  });

  test.each<[SecureVersion, boolean]>([
    ['TLSv1.3', true],
    ['TLSv1.2', true],
    ['TLSv1.1', false],
    ['TLSv1', false],
  ])('%s: that it is spoken is %p', async (version, isSpoken) => {
    const { hostname: host, port } = new URL(service.url);
    const only = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, ...only });
    const spoken = once(socket, 'secureConnect').then(
      () => socket.getProtocol() === version,
      () => false,
    );
    expect(await spoken).toBe(isSpoken);
    socket.destroy();
  });

  test('answers over TLS also while it waits for its database', async () => {
    const waiting = harness.launch({ ...tls(), DATABASE_URL: 'postgresql://u:p@127.0.0.1:1/none' });
    const { url } = await waiting.record('listening; not ready until the database is');
    expect(url).toMatch(/^https:/);
    expect(await ask('/healthz', { url: String(url) })).toMatchObject({ status: 200, shown: first });
    expect(await ask('/readyz', { url: String(url) })).toMatchObject({ status: 503 });
    await waiting.stop();
  });
});

describe('a certificate that is replaced', () => {
  const expiry = 'trustcast_tls_certificate_expiry_timestamp_seconds';
  const reloads = (outcome: string) => metric(`trustcast_tls_certificate_reloads_total{outcome="${outcome}"}`);
  const warnings = () => service.output().match(/TLS_FILES_UNUSABLE/g) ?? [];

  test('is shown to who connects next, while who is connected goes on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { socket, shown } = await ask('/healthz', { agent });
    expect(shown).toBe(first);
    const second = certificate(60);
    writeFileSync(here('tls.pem'), second);
    await until(
      () => ask('/healthz'),
      (answer) => answer.shown === second,
    );
    const again = await ask('/healthz', { agent });
    expect([again.status, again.shown, again.socket === socket]).toEqual([200, first, true]);
    agent.destroy();
    expect(await metric(expiry)).toBe(Date.parse(new X509Certificate(second).validTo) / 1_000);
    expect(await reloads('loaded')).toBe(1);
  });

  test('by one that cannot be used is shown on, which is told once, and at /readyz until it is mended', async () => {
    const shown = (await ask('/healthz')).shown;
    const readiness = async () => (await ask('/readyz')).text;
    for (const bad of ['', certificate(-1)]) {
      writeFileSync(here('tls.pem'), bad);
      await until(readiness, (text_) => text_.includes('TLS_FILES_UNUSABLE'));
      expect((await ask('/healthz')).shown).toBe(shown);
      writeFileSync(here('tls.pem'), shown);
      await until(readiness, (text_) => !text_.includes('TLS_FILES_UNUSABLE'));
    }
    expect(await reloads('refused')).toBe(2);
    // When each begins, and when it ends.
    expect(warnings()).toHaveLength(4);
  });
});

describe('who asks is, for the audit,', () => {
  const forwarded = { 'x-forwarded-for': '127.0.0.1, 203.0.113.9' };
  const addressOf = async (action: string) => {
    const find = () =>
      harness.sql.query<{ address: string }>('SELECT address FROM audit WHERE action = $1 ORDER BY id DESC LIMIT 1', [
        action,
      ]);
    return (await until(find, ({ rows }) => rows.length > 0)).rows[0]?.address;
  };

  test.each([
    ['whom a named proxy names', '127.0.0.2', '203.0.113.9'],
    ['the other end, where it is no named proxy', '127.0.0.3', '127.0.0.3'],
  ])('%s', async (_who, localAddress, address) => {
    const name = `env-${address.replaceAll('.', '-')}`;
    const change = `mutation { createEnvironment(input: {name: "${name}", kind: API_MANAGER}) { userErrors { code } } }`;
    expect((await query(change, { localAddress, headers: forwarded })).text).toContain('"userErrors":[]');
    expect(await addressOf('createEnvironment')).toBe(address);
  });
});

test('metrics are for this machine alone where no token is set for them', async () => {
  expect((await ask('/metrics')).status).toBe(200);
  for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
    const answer = await ask('/metrics', { headers: { [name]: '203.0.113.9' } });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('TRUSTCAST_METRICS_TOKEN')]);
  }
});

test('a pair that does not fit keeps the service from starting, with exit code 78', async () => {
  writeFileSync(here('other.pem'), 'x', { mode: 0o600 });
  const started = harness.launch({ ...tls(), TRUSTCAST_TLS_KEY_FILE: here('other.pem') });
  expect(await started.ended).toBe(78);
  expect(started.output()).toMatch(/TRUSTCAST_TLS_KEY_FILE must hold a private key in PEM/);
});
