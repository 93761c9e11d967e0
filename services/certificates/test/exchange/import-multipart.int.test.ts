import { describe, expect, test } from '@jest/globals';
import { type ImportView, deleteAll, documentOf, importFile, oneIn } from '../support/exchange-files.js';
import { makeCertificates } from '../support/make-certificate.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const made = makeCertificates(2);

describe('an import as multipart', () => {
  const MUTATION = `mutation ($input: ImportCertificatesInput!) { payload: importCertificates(input: $input) {
    plan counts { added } userErrors { code } } }`;
  async function upload(file: Uint8Array, parts: Record<string, string>) {
    const form = new FormData();
    for (const [name, text] of Object.entries(parts)) form.set(name, text);
    form.set('0', new Blob([Uint8Array.from(file)]), 'export.json');
    const headers = { authorization: `Bearer ${service.token}` };
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', headers, body: form });
    return {
      status: response.status,
      body: (await response.json()) as { data?: { payload: ImportView }; code?: string },
    };
  }
  const partsOf = (input: object, map: object = { 0: ['variables.input.content'] }) => ({
    operations: JSON.stringify({ query: MUTATION, variables: { input: { content: null, dryRun: false, ...input } } }),
    map: JSON.stringify(map),
  });
  const MIB = 1024 * 1024;
  const padded = (text: string, bytes: number) => Buffer.from(text.padEnd(bytes, ' '));

  test('is the same request as without, for a file that JSON is too small for', async () => {
    await deleteAll(harness, service);
    const file = padded(documentOf([oneIn('apimanager', 'uploaded', made[0]!)], made), 40 * MIB);
    const asJson = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        query: MUTATION,
        variables: { input: { content: file.toString('base64'), dryRun: false } },
      }),
    }).catch(() => null);
    // Refused by its length: whoever is still sending may find the connection closed.
    expect([413, undefined]).toContain(asJson?.status);
    const { status, body } = await upload(file, partsOf({ idempotencyKey: 'uploaded' }));
    expect({ status, payload: body.data?.payload }).toMatchObject({
      status: 200,
      payload: { counts: { added: 1 }, userErrors: [] },
    });
    expect((await upload(file, partsOf({ idempotencyKey: 'uploaded' }))).body).toEqual(body);
    const small = documentOf([oneIn('apimanager', 'small', made[1]!)], made);
    const key = { idempotencyKey: 'either-way' };
    await upload(Buffer.from(small), partsOf(key));
    expect((await importFile(service, Buffer.from(small), key)).counts.added).toBe(1);
  });

  test('has the limit of the file itself', async () => {
    const { status, body } = await upload(padded('{}', 64 * MIB + 1), partsOf({}));
    expect({ status, code: body.code }).toEqual({ status: 413, code: 'LIMIT_EXCEEDED' });
  });

  test.each<[string, Record<string, string>]>([
    ['no operation', { map: '{"0":["variables.input.content"]}' }],
    ['no JSON', { ...partsOf({}), operations: '{' }],
    ['no place for the file', partsOf({}, {})],
    ['a place that is not there', partsOf({}, { 0: ['variables.input.other'] })],
    ['a place that is taken', partsOf({ content: 'x' })],
    ['a place outside of the variables', partsOf({}, { 0: ['query'] })],
    ['a prototype as its place', partsOf({}, { 0: ['variables.__proto__.content'] })],
  ])('is refused with %s', async (_what, parts) => {
    const { status, body } = await upload(Buffer.from('{}'), parts);
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'INVALID_INPUT' });
  });

  test('needs a token', async () => {
    const response = await fetch(`${service.url}/graphql`, { method: 'POST', body: new FormData() });
    expect(response.status).toBe(401);
  });
});
