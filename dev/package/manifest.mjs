import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Names every artefact with its SHA-256: `manifest.json` for programs, `SHA256SUMS` for `sha256sum --check`.
 * @param {import('./program-files.mjs').Context} context
 * @param {readonly string[]} names files in the folder of the artefacts
 */
export function writeManifest({ out, version, date, node }, names) {
  const files = [...names]
    .sort()
    .map((name) => ({ name, bytes: statSync(join(out, name)).size, sha256: hashOf(join(out, name)) }));
  const manifest = { format: 'trustcast-release/1', version, date: date.toISOString(), node: node.version, files };
  writeFileSync(join(out, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const listed = [...files, { name: 'manifest.json', sha256: hashOf(join(out, 'manifest.json')) }];
  writeFileSync(join(out, 'SHA256SUMS'), listed.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
  return ['manifest.json', 'SHA256SUMS'];
}

/** @param {string} path */
function hashOf(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
