import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { makeCertificate } from '@trustcast/certificates-service/test/support/make-certificate.js';
import {
  createCertificate,
  createEnvironment,
  pasted,
} from '@trustcast/certificates-service/test/support/mutations.js';
import { useHarness, useService } from '@trustcast/certificates-service/test/support/use-harness.js';
import { type Run, settingsFor, trustcast } from './trustcast.js';

const harness = useHarness();
const service = useService(harness);
const settings = settingsFor(service);
let folder: string;
beforeAll(() => createEnvironment(service, 'other'));
beforeEach(() => {
  folder = mkdtempSync(join(harness.folder, 'exchange-'));
});

const run = (...args: string[]): Promise<Run> => trustcast(args, settings);

async function create(name: string, environment = 'apimanager'): Promise<void> {
  const { userErrors } = await createCertificate(service, {
    name,
    definitions: [pasted([environment], name, makeCertificate(name).pem)],
  });
  expect(userErrors).toEqual([]);
}

/** Makes certificates and exports them; they are deleted then. */
async function exportOf(...names: string[]): Promise<string> {
  for (const name of names) await create(name);
  const file = join(folder, `${names.join('-')}.zip`);
  expect(await run('export', '--out', file, ...names.flatMap((name) => ['--certificate', name]))).toMatchObject({
    code: 0,
  });
  for (const name of names) await run('certificates', 'delete', name);
  return file;
}

async function names(): Promise<string[]> {
  const { out } = await run('certificates', 'list', '--json');
  return (JSON.parse(out) as { name: string }[]).map(({ name }) => name);
}

describe('trustcast export', () => {
  test('writes a file that is named with date and time, to the folder that is given', async () => {
    await create('exported');
    const { code, out } = await run('export', '--out', folder, '--json');
    const { file, bytes } = JSON.parse(out) as { file: string; bytes: number };
    expect(code).toBe(0);
    expect(file.slice(folder.length)).toMatch(/^\/trustcast-export-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.zip$/);
    expect(readFileSync(file).subarray(0, 2).toString()).toBe('PK');
    expect(readFileSync(file).byteLength).toBe(bytes);
  });

  test('writes what is chosen by certificate or environment, as JSON to the standard output', async () => {
    await create('here');
    await create('there', 'other');
    const exported = async (...choice: string[]) => {
      const { out } = await run('export', '--format', 'json', '--out', '-', ...choice);
      return (JSON.parse(out) as { certificates: { name: string }[] }).certificates.map(({ name }) => name);
    };
    expect(await exported('--environment', 'other')).toEqual(['there']);
    expect(await exported('--environment', 'other', '--environment', 'apimanager')).toEqual(
      expect.arrayContaining(['here', 'there']),
    );
    expect(await exported('--certificate', 'there', '--certificate', 'here')).toEqual(['here', 'there']);
  });

  test('overwrites a file only with --force', async () => {
    const file = join(folder, 'kept.json');
    writeFileSync(file, 'kept');
    const refused = await run('export', '--format', 'json', '--out', file);
    expect(refused).toMatchObject({ code: 64, out: '', err: expect.stringContaining('is there already; --force') });
    expect(readFileSync(file, 'utf8')).toBe('kept');
    expect(await run('export', '--format', 'json', '--out', file, '--force')).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toMatch(/^\{/);
  });

  test.each([
    ['an unknown certificate', ['--certificate', 'nobody'], 1, 'there is no certificate "nobody"'],
    ['an unknown environment', ['--environment', 'nowhere'], 1, 'there is no environment nowhere'],
    ['an unknown format', ['--format', 'tar'], 64, '--format takes zip or json'],
    ['a folder that is not there', ['--out', '/nowhere/x'], 64, '/nowhere/x: cannot be written (ENOENT)'],
  ])('writes nothing for %s', async (_what, args, code, says) => {
    const out = args.includes('--out') ? [] : ['--out', folder];
    expect(await run('export', ...out, ...args)).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['../escaped.zip', '.bashrc', ''])('does not let whoever answers choose the path %j', async (name) => {
    const server = createServer((request, response) => {
      request.resume();
      response.setHeader('content-disposition', `attachment; filename="${name}"`);
      response.end(request.url?.startsWith('/graphql') ? '{"data":{"environments":[]}}' : 'PK');
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as AddressInfo;
    const { code, err } = await run('export', '--out', folder, '--url', `http://127.0.0.1:${port}`);
    expect(code).toBe(1);
    expect(err).toContain('answered 200 and no file: see TRUSTCAST_URL');
    expect(readdirSync(folder)).toEqual([]);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
});

describe('trustcast import', () => {
  test('with --dry-run says what it would do to each, and does nothing', async () => {
    const file = await exportOf('planned');
    const before = await names();
    const { code, out } = await run('import', file, '--dry-run');
    expect(code).toBe(0);
    expect(out).toMatch(/^ACTION +NAME +NOTES\nadd +planned/);
    expect(out).toContain('1 to add, 0 to replace, 0 unchanged, 0 to skip, 0 refused; nothing was done');
    expect(await names()).toEqual(before);
  });

  test('brings back what was exported, and a second time does nothing', async () => {
    const file = await exportOf('lost', 'lost-too');
    const first = await run('import', file);
    expect(first.code).toBe(0);
    expect(first.err).toBe(`${file}: 2 to add, 0 to replace\n`);
    expect(first.out).toMatch(
      /^RESULT +NAME +NOTES\nadded +lost.*\nadded +lost-too.*\ndeployed to apimanager, revision/,
    );
    expect(await names()).toEqual(expect.arrayContaining(['lost', 'lost-too']));
    const again = await run('import', file, '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ counts: { unchanged: 2, added: 0 }, deployment: null });
  });

  test('takes a file that a request in JSON would be too small for, and not a larger one than the service takes', async () => {
    await create('large');
    const file = join(folder, 'large.json');
    await run('export', '--format', 'json', '--certificate', 'large', '--out', file);
    await run('certificates', 'delete', 'large');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.padEnd(40 * 1024 ** 2, '\n'));
    expect(await run('import', file)).toMatchObject({ code: 0, out: expect.stringMatching(/^added +large/m) });
    writeFileSync(file, text.padEnd(64 * 1024 ** 2 + 1, '\n'));
    expect(await run('import', file)).toMatchObject({ code: 1, err: expect.stringMatching('a file has at most') });
  });

  test('imports nothing when anything is refused, and says why', async () => {
    const file = await exportOf('conflicting', 'fine');
    await create('conflicting');
    const { code, out, err } = await run('import', file);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^refuse +conflicting +NAME_TAKEN: /m);
    expect(out).toContain('1 refused; nothing was done');
    expect(await names()).not.toContain('fine');
    const skipped = await run('import', file, '--on-conflict', 'skip', '--json');
    expect(JSON.parse(skipped.out)).toMatchObject({ counts: { added: 1, skipped: 1 } });
    const replaced = await run('import', file, '--on-conflict', 'replace', '--json');
    expect(JSON.parse(replaced.out)).toMatchObject({ counts: { unchanged: 1, replaced: 1 } });
  });

  test('tells with --progress how far the preview and the import are', async () => {
    const file = await exportOf('told');
    const { code, err } = await run('import', file, '--progress');
    expect(code).toBe(0);
    const [preview, done] = err.split(`${file}: 1 to add, 0 to replace\n`);
    for (const told of [preview, done])
      expect(told).toMatch(/^reading\n(checking: 1 certificates\n)?(comparing with what is there: 1 certificates\n)?/);
    expect(done).not.toMatch(/^(?!reading|checking|comparing|storing).+/m);
  });

  test('deploys to the environment that another is mapped to', async () => {
    const file = await exportOf('moved');
    const unknown = await run('import', file, '--map', 'apimanager=nowhere');
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('ENVIRONMENT_NOT_FOUND') });
    expect(await run('import', file, '--map', 'apimanager=other')).toMatchObject({
      code: 0,
      out: expect.stringContaining('deployed to other, revision'),
    });
  });

  test('with --wait ends with 3 when no JVM was there to prove it', async () => {
    const file = await exportOf('waited-for');
    const { code, out, err } = await run('import', file, '--wait', '--json');
    expect(code).toBe(3);
    expect(err).toContain('apimanager revision');
    expect(JSON.parse(out)).toMatchObject({ progress: [{ environment: 'apimanager', state: 'NO_TARGETS' }] });
  });

  test.each([
    ['a file that is not there', ['/nowhere.zip'], 64, '/nowhere.zip: cannot be read (ENOENT)'],
    ['a file that is no export', [import.meta.filename], 1, 'INVALID_INPUT'],
    ['an unknown policy', ['x', '--on-conflict', 'guess'], 64, '--on-conflict takes refuse, skip, replace'],
    ['a mapping to nothing', [import.meta.filename, '--map', 'apimanager'], 64, '--map takes FROM=TO'],
  ])('refuses %s', async (_what, args, code, says) => {
    expect(await run('import', ...args)).toMatchObject({ code, out: '', err: expect.stringContaining(says) });
  });
});
