import { request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { useService } from '../support/use-harness.js';

const service = useService();

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

function send(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request(`${service.url}${path}`, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const graphql = (query: string, encoding: string) =>
  send(
    'POST',
    '/graphql',
    { authorization: `Bearer ${service.token}`, 'content-type': 'application/json', 'accept-encoding': encoding },
    JSON.stringify({ query }),
  );
const SCHEMA = '{ __schema { types { name description } } }';

describe('an answer', () => {
  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ])('of GraphQL is compressed as %s, for who takes that', async (encoding, decompress) => {
    const plain = await graphql(SCHEMA, 'identity');
    expect(plain.headers).toMatchObject({ vary: 'accept-encoding', 'content-length': String(plain.body.length) });
    const packed = await graphql(SCHEMA, encoding);
    expect(packed.headers['content-encoding']).toBe(encoding);
    expect(packed.body.length).toBeLessThan(plain.body.length / 3);
    expect(decompress(packed.body).equals(plain.body)).toBe(true);
  });

  test('that may hold a secret is not compressed, by anybody on its way either', async () => {
    const mutation = `mutation { createAgent(input: { environment: "apimanager", name: "${'h'.repeat(60)}" }) { token ${Array.from(
      { length: 20 },
      (_, index) => `a${index}: pins`,
    ).join(' ')} } }`;
    const { headers, body } = await graphql(mutation, 'br, gzip');
    expect(body.length).toBeGreaterThan(1_024);
    expect(body.toString()).toContain('tch_');
    expect(headers).toMatchObject({ 'cache-control': 'no-store, no-transform' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  test('that is small, or is compressed already, stays as it is', async () => {
    expect((await graphql('{ environments { name } }', 'br')).headers['content-encoding']).toBeUndefined();
    const headers = { authorization: `Bearer ${service.token}`, 'accept-encoding': 'br, gzip' };
    expect((await send('GET', '/export?format=zip', headers)).headers['content-encoding']).toBeUndefined();
  });
});

describe('every route', () => {
  test.each([
    ['/healthz', 'GET, HEAD, OPTIONS'],
    ['/readyz', 'GET, HEAD, OPTIONS'],
    ['/metrics', 'GET, HEAD, OPTIONS'],
    ['/environments/apimanager/jwks.json', 'GET, HEAD, OPTIONS'],
    ['/environments/apimanager/truststore', 'GET, HEAD, OPTIONS'],
    ['/export', 'GET, HEAD, OPTIONS'],
    ['/certificates/x/definitions/y/file', 'GET, HEAD, OPTIONS'],
    ['/graphql', 'OPTIONS, POST'],
    ['/uploads/parse', 'OPTIONS, POST'],
    ['/agent/v1/register', 'OPTIONS, POST'],
    ['/agent/v1/base', 'OPTIONS, POST'],
  ])('says which methods it has: %s has %s', async (path, allow) => {
    const options = await send('OPTIONS', path, {});
    expect([options.status, options.headers.allow, options.body.length]).toEqual([204, allow, 0]);
    for (const method of ['PATCH', 'DELETE', allow.includes('POST') ? 'GET' : 'POST'])
      expect(await send(method, path, {})).toMatchObject({ status: 405, headers: { allow } });
  });

  test.each([
    '/healthz',
    '/environments/apimanager/jwks.json',
    '/export?format=json',
    '/environments/apimanager/truststore',
  ])('answers HEAD as GET, without the body: %s', async (path) => {
    const headers = { authorization: `Bearer ${service.token}` };
    const [head, get] = [await send('HEAD', path, headers), await send('GET', path, headers)];
    expect([head.status, head.body.length]).toEqual([get.status, 0]);
    expect(head.headers['content-type']).toBe(get.headers['content-type']);
    expect(head.headers.etag).toBe(get.headers.etag);
  });
});
