import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { KeystoreError, readKeystore } from '@trustcast/keystore';
import { TrustcastError } from '@trustcast/schema/errors.js';
import { format, resolveConfig } from 'prettier';
import { readCertificates } from '../../src/index.js';
import { COMMAND_TOOLS } from './command-tools.js';
import { type Matrix, type ReadForm, cellsOf, writePage } from './page.js';
import { PROGRAM_TOOLS } from './program-tools.js';
import type { ToolRecord } from './records.js';
import { Workshop } from './workshop.js';

const PAGE = fileURLToPath(new URL('../../../../../docs/keystore-tools.md', import.meta.url));

/** `npm run test:tools [-- --write]`: see the page that it writes. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { write: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-tools-'));
  try {
    const matrix = await measure(folder, values.only);
    for (const record of matrix.records) if (record.did === 'version') say(`${record.tool} ${record.version}`);
    for (const [tool, reason] of Object.entries(matrix.missing)) say(`${tool} not run: ${reason}`);
    for (const record of matrix.records)
      if (record.did === 'failed') say(`${record.tool} does not write ${record.form}: ${record.reason}`);
    const text = writePage(matrix);
    const page = await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE });
    const differences = existsSync(PAGE) ? differencesOf(readFileSync(PAGE, 'utf8'), page) : ['there is no page yet'];
    for (const difference of differences) say(difference);
    if (values.write) writeFileSync(PAGE, page);
    else process.exitCode = differences.length === 0 ? 0 : 1;
    const read = matrix.forms.filter(({ result }) => /^\d/.test(result)).length;
    say(`${read} of ${matrix.forms.length} forms read, ${differences.length} cells differ from the page`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, only: string | undefined): Promise<Matrix> {
  const shop = await Workshop.open(folder);
  const missing: Record<string, string> = {};
  for (const [name, run] of Object.entries({ ...COMMAND_TOOLS, ...PROGRAM_TOOLS })) {
    if (only !== undefined && !name.includes(only)) continue;
    try {
      await run(shop);
    } catch (error) {
      missing[name] = (error as { code?: string }).code === 'ENOENT' ? 'not installed' : String(error);
    }
  }
  const forms = shop.records.flatMap((record) => (record.did === 'wrote' ? [readForm(shop, record)] : []));
  return { records: shop.records, forms, missing };
}

function readForm(shop: Workshop, { tool, form, ...file }: ToolRecord & { readonly did: 'wrote' }): ReadForm {
  const bytes = shop.file(file.name);
  const options = file.password === '' ? {} : { password: file.password };
  try {
    const found = readCertificates(bytes, options).map((der) => Buffer.from(der).toString('base64'));
    const known = new Set(shop.certificates.map((der) => der.toString('base64')));
    const isRight = found.length === file.certificates && found.every((der) => known.has(der));
    if (!isRight) return { tool, form, result: `wrongly: ${found.length} of ${file.certificates}` };
    return { tool, form, result: [`${found.length} of ${file.certificates}`, trusted(bytes, options)].join('') };
  } catch (error) {
    if (!(error instanceof TrustcastError)) throw error;
    return { tool, form, result: `no: ${error.message.split(': ')[0]}` };
  }
}

function trusted(bytes: Buffer, options: { password?: string }): string {
  try {
    const { entries, format: kind } = readKeystore(bytes, options);
    return entries.length === 0 ? ` (${kind}, none trusted)` : ` (${kind}, ${entries.length} trusted)`;
  } catch (error) {
    if (error instanceof KeystoreError) return '';
    throw error;
  }
}

/** Cells that are not as the page has them. What this machine has no tool for is none. */
function differencesOf(page: string, next: string): string[] {
  const before = cellsOf(page);
  return [...cellsOf(next)].flatMap(([cell, now]) => {
    const was = before.get(cell) ?? 'nothing';
    return was === now ? [] : [`${cell}: the page has "${was}", now "${now}"`];
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
