#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settingRows } from '@trustcast/config';
import { format, resolveConfig } from 'prettier';

/**
 * Holds the README's tables of settings against the code: `--check` fails when they differ, without it they are written.
 */
const readme = fileURLToPath(new URL('../README.md', import.meta.url));

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

const before = readFileSync(readme, 'utf8');
let after = before;
for (const [name, source] of Object.entries(sources)) {
  const marks = new RegExp(`(<!-- settings: ${name} -->\n)(?:[^]*?\n)??(<!-- end -->)`);
  if (!marks.test(after)) throw new Error(`README.md has no table of the settings of ${name}`);
  const text = await table(source);
  after = after.replace(marks, (_all, open, close) => `${open}\n${text}\n\n${close}`);
}
after = await format(after, { ...(await resolveConfig(readme)), filepath: readme });
if (process.argv.includes('--check')) {
  if (after !== before) {
    process.stderr.write('README.md: a table of settings differs from the code: node dev/readme-tables.mjs\n');
    process.exitCode = 1;
  }
} else writeFileSync(readme, after);
