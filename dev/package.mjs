#!/usr/bin/env node
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ARTEFACTS, makeArtefacts } from './package/artefacts.mjs';
import { readNode } from './package/node-binary.mjs';
import { findNfpm } from './package/rpm.mjs';
import { dateOf } from './package/release-date.mjs';
import { build } from './setup/build.mjs';
import { loadEnvironment } from './setup/environment.mjs';
import { install } from './setup/install.mjs';
import { Progress } from './setup/progress.mjs';
import { SetupError } from './setup/setup-error.mjs';

const EXIT_USAGE = 64;
const KINDS = Object.keys(ARTEFACTS);
const HELP = `Usage: npm run package -- [options]

Builds what a release consists of, with SHA256SUMS and manifest.json, which name every file, and a CycloneDX SBOM of each program.
The same sources and the same Node.js give the same bytes; SOURCE_DATE_EPOCH is the time in them, or the time of the commit.

  --only <list>   some of ${KINDS.join(', ')}, separated by commas; default all
  --out <folder>  where they are written; default dist
  --node <file>   the Node.js executable that carries the programs, of the version that runs here, for x64 or arm64;
                  default the one that runs here
  --json          JSON lines instead of text
  --help          this text

${Object.entries(ARTEFACTS)
  .map(([name, { says }]) => `  ${name.padEnd(14)}${says}`)
  .join('\n')}

Exit codes: 0 done, 1 something failed, ${EXIT_USAGE} wrong command line, 78 something is missing on this machine.
`;

const root = fileURLToPath(new URL('..', import.meta.url));

async function main() {
  const options = readOptions();
  if (options.help) return void process.stdout.write(HELP);
  const env = loadEnvironment();
  const progress = new Progress({ json: options.json ?? false });
  const kinds = kindsOf(options.only);
  const node = readNode(resolve(options.node ?? process.execPath));
  const date = dateOf(env.sourceDate, root);
  // Before anything is built.
  if (kinds.includes('rpm')) findNfpm(env.path);
  const out = resolve(options.out ?? join(root, 'dist'));
  mkdirSync(out, { recursive: true });
  await progress.step('install', () => install({ root, env }));
  await progress.step('build', (at) => build({ root, at }));
  const work = mkdtempSync(join(tmpdir(), 'trustcast-package-'));
  try {
    await makeArtefacts({ root, out, work, kinds, node, date, path: env.path, progress });
  } finally {
    rmSync(work, { recursive: true });
  }
}

function readOptions() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean' });
  try {
    return parseArgs({ options: { only: text, out: text, node: text, json: flag, help: flag } }).values;
  } catch (error) {
    throw new SetupError(`${/** @type {Error} */ (error).message}\n\n${HELP}`, { exitCode: EXIT_USAGE });
  }
}

/** @param {string | undefined} list */
function kindsOf(list) {
  const named = (list ?? KINDS.join(',')).split(',').map((word) => word.trim());
  const unknown = named.find((name) => !KINDS.includes(name));
  if (unknown !== undefined)
    throw new SetupError(`--only: there is no artefact "${unknown}"; name some of ${KINDS.join(', ')}.`, {
      exitCode: EXIT_USAGE,
    });
  return KINDS.filter((name) => named.includes(name));
}

main().catch((error) => {
  const known = error instanceof SetupError;
  process.stderr.write(`${known ? error.message : error.stack}\n`);
  process.exitCode = known ? error.exitCode : 1;
});
