#!/usr/bin/env node
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { report, root, trackedFiles } from './tracked-files.mjs';

/**
 * What a document calls a file or folder of the repository is there, and docs/architecture.md names every folder of service
 * and host agent. Of what is built, the source is there. Decisions and the changelog are left out: they tell of what was.
 */
const PATH = /^(?:agents|bench|clients|dev|docs|migrations|packages|schema|services|test)\/[\w./-]+$/;
const BUILT =
  /\b((?:agents|clients|packages|services)\/[\w-]+|dev|migrations|schema|test)\/dist\/((?:src|test|e2e)\/[\w./-]+)/g;
const everything = trackedFiles(/\.(?:ts|mjs)$/);
const layers = ['api', 'features', 'platform'].map((layer) => `services/certificates/src/${layer}`);
const folders = [...layers, 'agents/host/src'];

const problems = [];
let named = 0;
for (const file of trackedFiles(/\.md$/)) {
  if (file === 'CHANGELOG.md' || file.startsWith('docs/adr/')) continue;
  const whole = readFileSync(join(root, file), 'utf8');
  for (const [path, workspace, built = ''] of whole.matchAll(BUILT))
    if (!everything.some((source) => source.startsWith(`${workspace}/${built.replace(/(\.js)?[.,]?$/, '')}`)))
      problems.push(`${file} names ${path}, which is built from no source`);
  const text = whole.replace(/^```[^]*?^```$/gm, '');
  for (const [, path = ''] of text.matchAll(/`([^`\n]+)`/g)) {
    if (!PATH.test(path) || /(^|\/)dist(\/|$)/.test(path)) continue;
    named++;
    if (!existsSync(join(root, path))) problems.push(`${file} names ${path}, which is not there`);
  }
}
const architecture = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
for (const folder of folders)
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true }))
    if (entry.isDirectory() && !architecture.includes(`\`${folder}/${entry.name}`))
      problems.push(`docs/architecture.md does not name ${folder}/${entry.name}`);
// The boxes of the diagram are folders, and an arrow without a label joins two of which one imports the other.
const homes = ['', 'services/certificates/src/', 'agents/host/src/'];
/** @type {Map<string, string>} */
const boxes = new Map();
for (const [, box = '', label = ''] of architecture.matchAll(/\b(\w+)\["([\w/-]+)"\]/g)) {
  const home = homes.find((each) => existsSync(join(root, each, label)));
  if (home === undefined) problems.push(`the diagram of docs/architecture.md has a box ${label} that is no folder`);
  else boxes.set(box, home + label);
}
const sources = trackedFiles(/^(services\/certificates|agents\/host)\/src\/.*\.ts$/);
/** @param {string} from @param {string} to */
const imports = (from, to) =>
  sources
    .filter((file) => file.startsWith(`${from}/`))
    .some((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].some(([, path = '']) =>
        join(dirname(file), path).startsWith(`${to}/`),
      ),
    );
let arrows = 0;
for (const [, one = '', other = ''] of architecture.matchAll(/^ *(\w+)(?:\["[^"]+"\])? --> (\w+)/gm)) {
  const [from, to] = [boxes.get(one), boxes.get(other)];
  if (from === undefined || to === undefined) continue;
  arrows++;
  if (!imports(from, to) && !imports(to, from))
    problems.push(`the diagram of docs/architecture.md joins ${from} and ${to}, and neither imports the other`);
}
if (arrows < 8) problems.push(`only ${arrows} arrows of the diagram were found: the search for them is broken`);
if (named < 50) problems.push(`only ${named} paths were found: the search for them is broken`);
report('named paths', problems);
