import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { EXECUTABLES, makeExecutable } from './executable.mjs';
import { notices, packagesOf } from './packages-of.mjs';

/**
 * @typedef {object} Context
 * @property {string} root the repository, built
 * @property {string} out where artefacts are written
 * @property {string} work a folder for what is on its way
 * @property {string} version
 * @property {Date} date
 * @property {readonly string[]} path folders of PATH
 * @property {import('./node-binary.mjs').NodeBinary} node
 */

/** @type {Map<string, ReturnType<typeof makeExecutable>>} One of each for a run, whatever asks for it. */
const made = new Map();

/** @param {Context} context @param {keyof typeof EXECUTABLES} program */
export function executableOf({ root, work, node }, program) {
  const folder = join(work, program);
  const known = made.get(folder) ?? makeExecutable({ root, work: folder, program: EXECUTABLES[program], node });
  made.set(folder, known);
  return known;
}

/** The files of the service, which need nothing but Node.js. @param {Pick<Context, 'root' | 'version'>} context */
export function serviceFiles({ root, version }) {
  const bundle = join(root, 'services/certificates/dist/bundle');
  const { inputs } = JSON.parse(readFileSync(join(root, 'services/certificates/dist/console.inputs.json'), 'utf8'));
  const packages = packagesOf(root, [...JSON.parse(readFileSync(`${bundle}.inputs.json`, 'utf8')), ...inputs]);
  const manifest = { name: 'trustcast-service', version, private: true, license: 'Apache-2.0', type: 'module' };
  const entries = [
    ...readdirSync(bundle, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => ({ name: relative(bundle, path), content: readFileSync(path) })),
    { name: 'package.json', content: `${JSON.stringify(manifest, null, 2)}\n` },
    { name: 'LICENSE', content: readFileSync(join(root, 'LICENSE')) },
    { name: 'THIRD-PARTY-LICENSES.txt', content: notices(packages) },
  ];
  return { entries, packages };
}
