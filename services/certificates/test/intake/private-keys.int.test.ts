import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { madeIn } from '@trustcast/dev/jest/made-in.mjs';
import { KEY_PASSWORD, keyFiles } from '../support/key-files.js';
import { makeCertificate } from '../support/make-certificate.js';
import { codes, createCertificate, pasted, updateCertificate } from '../support/mutations.js';
import { useHarness } from '../support/use-harness.js';

const harness = useHarness();
const temporary = (): string => join(harness.folder, 'temporary');
const service = madeIn(beforeAll, () => {
  mkdirSync(temporary());
  return harness.start({ TMPDIR: temporary(), TRUSTCAST_LOG_LEVEL: 'debug' });
});
const files = keyFiles();
const kept = makeCertificate('Kept');

/** Sends a file in every way by which one reaches the service. @returns the codes of the refusals */
async function sendEverywhere(kind: string): Promise<Record<'parsed' | 'stored', string[]>> {
  const { bytes, password } = files[kind]!;
  const name = kind.toLowerCase().replace(/[^a-z0-9]/g, '-');
  const content = bytes.toString('base64');
  const file = { content, ...(password === undefined ? {} : { password }) };
  const found = await service.query<{ found: { userErrors: { code: string }[] } }>(
    'mutation ($input: ParseCertificatesInput!) { found: parseCertificates(input: $input) { userErrors { code } } }',
    { input: { file } },
  );
  const form = new FormData();
  form.set('file', new Blob([Uint8Array.from(bytes)]), 'key.p12');
  if (password !== undefined) form.set('password', password);
  const headers = { authorization: `Bearer ${service.token}` };
  const uploaded = await fetch(`${service.url}/uploads/parse`, { method: 'POST', headers, body: form });
  const { userErrors } = (await uploaded.json()) as { userErrors: { code: string }[] };
  const definition = { environments: ['apimanager'], alias: name };
  const created = await createCertificate(service, { name, definitions: [{ ...definition, from: { file } }] });
  const text = { clipboard: { encoding: 'BASE64', content } };
  const pastedToo = await createCertificate(service, { name, definitions: [{ ...definition, from: text }] });
  const { certificate } = await createCertificate(service, {
    name: `${name}-kept`,
    definitions: [pasted(['apimanager'], `${name}-kept`, makeCertificate(name).pem)],
  });
  const updated = await updateCertificate(service, {
    id: certificate!.id,
    expectedVersion: certificate!.version,
    definitions: [{ id: certificate!.definitions[0]!.id, ...definition, from: { file } }],
  });
  return { parsed: [found.found, { userErrors }].flatMap(codes), stored: [created, pastedToo, updated].flatMap(codes) };
}

/** All tables, as PostgreSQL writes their rows: bytes in hexadecimal. */
async function dump(): Promise<string> {
  const { rows } = await harness.sql.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const tables = rows.map(({ name }) => harness.sql.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`));
  return (await Promise.all(tables)).flatMap((table) => table.rows.map(({ row }) => row)).join('\n');
}

/** True where a text holds the bytes: themselves, or in hexadecimal or base64, wherever that begins. */
function holds(text: string, bytes: Buffer): boolean {
  const encoded = [0, 1, 2].map((from) => {
    const rest = bytes.subarray(from);
    return rest.subarray(0, rest.length - (rest.length % 3)).toString('base64');
  });
  const forms = [bytes.toString('latin1'), bytes.toString('hex'), ...encoded];
  return [...forms, ...encoded.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))].some((form) =>
    text.includes(form),
  );
}

function filesBelow(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return names
    .filter((name) => statSync(name).isFile())
    .map((name) => readFileSync(name, 'latin1'))
    .join('\n');
}

describe('of a file with a private key', () => {
  const isOpen = (kind: string): boolean => files[kind]!.isOpen;
  test.each(Object.keys(files).filter(isOpen))('%s is refused wherever it is sent', async (kind) => {
    const { parsed, stored } = await sendEverywhere(kind);
    expect([...parsed, ...stored]).toEqual(Array(5).fill('PRIVATE_KEY_NOT_ALLOWED'));
  });

  test.each(Object.keys(files).filter((kind) => !isOpen(kind)))('%s gives its certificate alone', async (kind) => {
    const { parsed, stored } = await sendEverywhere(kind);
    expect([...parsed, ...stored]).not.toContain('PRIVATE_KEY_NOT_ALLOWED');
    expect(parsed).toEqual([]);
  });

  test('neither a table nor the log nor a file of the service holds anything of the key, nor the password', async () => {
    const { userErrors } = await createCertificate(service, {
      name: 'kept',
      definitions: [pasted(['apimanager'], 'kept', kept.pem)],
    });
    expect(userErrors).toEqual([]);
    const everything = [await dump(), service.output(), filesBelow(harness.folder)].join('\n').replace(/\\n|\n/g, '');
    // What is stored is found in this way.
    expect(holds(everything, kept.der.subarray(-24))).toBe(true);
    expect(everything).not.toContain(KEY_PASSWORD);
    const secrets = Object.entries(files).flatMap(([kind, file]) => file.secrets.map((part) => [kind, part] as const));
    expect(secrets.length).toBeGreaterThan(100);
    expect(secrets.filter(([, part]) => holds(everything, part)).map(([kind]) => kind)).toEqual([]);
  });
});
