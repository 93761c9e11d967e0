#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingRows } from '@trustcast/config';
import { format, resolveConfig } from 'prettier';

/**
 * Holds the tables of settings in the README, and the table of access in docs/access.md, against the code: `--check` fails
 * when they differ, without it they are written.
 */

/** @type {Record<string, string>} */
const sources = {
  service: '../services/certificates/dist/src/config.js',
  agent: '../agents/host/dist/src/config.js',
  cli: '../clients/cli/dist/src/config.js',
};

/** @param {string} source */
async function table(source) {
  const { SETTINGS } = await import(new URL(source, import.meta.url).href);
  const rows = settingRows(SETTINGS).map(
    ({ name, file, meaning }) =>
      `| \`${name}\`${file === null ? '' : ` or \`${file}\``} | ${meaning.replaceAll('|', '\\|')} |`,
  );
  return ['| setting | meaning |', '| --- | --- |', ...rows].join('\n');
}

const WHERE = {
  EVERYWHERE: 'all environments',
  SOMEWHERE: 'one environment; limited to those in which it holds',
  NAMED: 'the environments that the arguments name',
};

/** What a route demands that is no permission. @type {Record<string, string>} */
const ROUTE_NEEDS = {
  BY_FIELD: 'that of each field',
  NOTHING: 'none, and no token',
  METRICS_TOKEN: 'none; `TRUSTCAST_METRICS_TOKEN` where it is set',
  ENROLLMENT_TOKEN: 'an enrollment token',
  AGENT: 'the key, or token, of an agent',
};

const ACCESS_TABLE = new URL('../services/certificates/dist/src/features/records/access-table.js', import.meta.url)
  .href;

async function routesTable() {
  const { ROUTES } = await import(ACCESS_TABLE);
  const rows = Object.entries(ROUTES).map(([route, need]) => {
    const anywhere = route.startsWith('GET ') ? 'somewhere; limited to where it holds' : 'somewhere';
    const where = route.includes('/environments/') ? 'in that environment' : anywhere;
    return `| \`${route}\` | ${ROUTE_NEEDS[need] ?? `\`${need}\` ${where}`} |`;
  });
  return ['| route | needs |', '| --- | --- |', ...rows].join('\n');
}

async function accessTable() {
  const { ACCESS } = await import(ACCESS_TABLE);
  /** @type {[string, { permission: string | null, where: keyof typeof WHERE }][]} */
  const entries = Object.entries(ACCESS);
  const rows = entries.map(
    ([name, { permission, where }]) => `| \`${name}\` | ${permission ?? 'none'} | ${permission ? WHERE[where] : ''} |`,
  );
  return ['| field | permission | must hold in |', '| --- | --- | --- |', ...rows].join('\n');
}

/** @param {string} page @param {readonly (readonly [mark: string, text: string])[]} tables */
async function hold(page, tables) {
  const file = fileURLToPath(new URL(`../${page}`, import.meta.url));
  const before = readFileSync(file, 'utf8');
  let after = before;
  for (const [name, text] of tables) {
    const marks = new RegExp(`(<!-- ${name} -->\n)(?:[^]*?\n)??(<!-- end -->)`);
    if (!marks.test(after)) throw new Error(`${page} has no table marked "${name}"`);
    after = after.replace(marks, (_all, open, close) => `${open}\n${text}\n\n${close}`);
  }
  after = await format(after, { ...(await resolveConfig(file)), filepath: file });
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (after !== before) {
    process.stderr.write(`${page}: a table differs from the code: node dev/readme-tables.mjs\n`);
    process.exitCode = 1;
  }
}

const settings = Object.entries(sources).map(
  async ([name, source]) => /** @type {const} */ ([`settings: ${name}`, await table(source)]),
);
await hold('README.md', await Promise.all(settings));
await hold('docs/access.md', [
  ['access', await accessTable()],
  ['routes', await routesTable()],
]);
