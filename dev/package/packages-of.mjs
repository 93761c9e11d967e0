import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ name: string, version: string, license: string, integrity: string, licenseText: string }} Component */

const FOLDER = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/;

/**
 * The packages of a registry that a bundle is made of, as package-lock.json has them.
 * @param {string} root
 * @param {readonly string[]} inputs paths of modules
 * @returns {Component[]} by name and version
 */
export function packagesOf(root, inputs) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const folders = new Set(inputs.flatMap((path) => FOLDER.exec(path) ?? []));
  return [...folders]
    .filter((folder) => packages[folder]?.link !== true)
    .map((folder) => {
      const { version, license, integrity } = packages[folder] ?? {};
      if (version === undefined || integrity === undefined)
        throw new Error(`package-lock.json does not have ${folder}`);
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return {
        name,
        version,
        license: license ?? 'NOASSERTION',
        integrity,
        licenseText: licenseIn(join(root, folder)),
      };
    })
    .sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

/** @param {string} folder */
function licenseIn(folder) {
  const name = readdirSync(folder)
    .sort()
    .find((each) => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(each));
  return name !== undefined && existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : '';
}

/** @param {string} a @param {string} b */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The licences that a bundle must be passed on with.
 * @param {readonly Component[]} components
 */
export function notices(components) {
  return components
    .map(({ name, version, license, licenseText }) => `${name} ${version} (${license})\n\n${licenseText.trim()}\n`)
    .join(`\n${'-'.repeat(78)}\n\n`);
}
