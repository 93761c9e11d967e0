#!/usr/bin/env node
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `node dev/pack.mjs FOLDER` writes the tarballs of the published packages. What they need of other packages of the repository is
 * in them, so that installing one asks a registry for nothing of ours. Prints their names; `npm run build` comes first.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const SCOPE = '@trustcast/';
/** Where the packages lie that may stand in a tarball. */
const FOLDERS = { schema: 'schema', keystore: 'packages/keystore', x509: 'packages/x509' };
const PUBLISHED = /** @type {const} */ (['keystore', 'x509']);
/** What a manifest says to those who install it. */
const SHOWN = ['name', 'version', 'description', 'keywords', 'license', 'type', 'engines', 'files', 'types'];
/** What `from` and `import` name in modules and their types. */
const SPECIFIER = /\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g;

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('usage: node dev/pack.mjs FOLDER');
  process.exit(64);
}
const destination = resolve(folder);
mkdirSync(destination, { recursive: true });
const work = mkdtempSync(join(tmpdir(), 'trustcast-pack-'));
try {
  for (const name of PUBLISHED) console.log(pack(name));
} finally {
  rmSync(work, { recursive: true });
}

/** @param {keyof typeof FOLDERS} name @returns {string} the tarball's name */
function pack(name) {
  const stage = join(work, name);
  const { files, needed } = closureOf(name);
  for (const file of files) copy(name, file, stage);
  const bundled = [...needed.keys()];
  const { dependencies, ...manifest } = manifestOf(name);
  writeManifest(stage, {
    ...Object.fromEntries(SHOWN.map((key) => [key, manifest[key]])),
    exports: { '.': manifest.exports['.'] },
    dependencies: {
      ...withoutOurs(dependencies),
      ...Object.fromEntries(bundled.map((other) => [SCOPE + other, manifest.version])),
    },
    ...(bundled.length > 0 ? { bundleDependencies: bundled.map((other) => SCOPE + other) } : {}),
  });
  for (const [other, modules] of needed) {
    const inside = join(stage, 'node_modules', SCOPE + other);
    for (const file of modules) copy(other, file, inside);
    copyFileSync(join(root, 'LICENSE'), join(inside, 'LICENSE'));
    const { version, license, type, exports } = manifestOf(other);
    const shown = Object.entries(exports).filter(([, target]) => modules.has(fileOf(target)));
    writeManifest(inside, { name: SCOPE + other, version, license, type, exports: Object.fromEntries(shown) });
  }
  const packed = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', destination], stage);
  return packed[0].filename;
}

/**
 * The files of a package, and the modules of others that they reach.
 * @param {keyof typeof FOLDERS} name
 */
function closureOf(name) {
  const listed = npm(['pack', '--dry-run', '--json', '--ignore-scripts'], join(root, FOLDERS[name]))[0].files;
  /** @type {string[]} */
  const files = listed.map((/** @type {{ path: string }} */ { path }) => path);
  /** @type {Map<keyof typeof FOLDERS, Set<string>>} */
  const needed = new Map();
  /** @type {[keyof typeof FOLDERS, string][]} */
  const open = files.filter((file) => /\.(?:js|d\.ts)$/.test(file)).map((file) => [name, file]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [owner, file] = next;
    for (const [, specifier = ''] of readFileSync(join(root, FOLDERS[owner], file), 'utf8').matchAll(SPECIFIER)) {
      const target = targetOf(owner, file, specifier);
      if (target === undefined || target.owner === name) continue;
      const modules = needed.get(target.owner) ?? new Set();
      needed.set(target.owner, modules);
      for (const module of [target.file, target.file.replace(/\.js$/, '.d.ts')]) {
        if (modules.has(module)) continue;
        modules.add(module);
        open.push([target.owner, module]);
      }
    }
  }
  return { files, needed };
}

/** @param {keyof typeof FOLDERS} owner @param {string} file @param {string} specifier */
function targetOf(owner, file, specifier) {
  if (specifier.startsWith('.')) return { owner, file: join(dirname(file), specifier) };
  if (!specifier.startsWith(SCOPE)) return undefined;
  const [name = '', ...path] = specifier.slice(SCOPE.length).split('/');
  const other = Object.keys(FOLDERS).find((each) => each === name);
  if (other === undefined) throw new Error(`${FOLDERS[owner]}/${file} imports ${specifier}, which no tarball may hold`);
  const found = /** @type {keyof typeof FOLDERS} */ (other);
  return { owner: found, file: fileOf(manifestOf(found).exports[['.', ...path].join('/')]) };
}

/** @param {any} target of an entry of `exports` */
function fileOf(target) {
  return join('.', target?.default ?? target);
}

/** @param {keyof typeof FOLDERS} name @returns {Record<string, any>} */
function manifestOf(name) {
  return JSON.parse(readFileSync(join(root, FOLDERS[name], 'package.json'), 'utf8'));
}

/** @param {Readonly<Record<string, string>>} dependencies */
function withoutOurs(dependencies) {
  return Object.fromEntries(Object.entries(dependencies).filter(([name]) => !name.startsWith(SCOPE)));
}

/** @param {string} name @param {string} file @param {string} to */
function copy(name, file, to) {
  const from = join(root, FOLDERS[/** @type {keyof typeof FOLDERS} */ (name)], file);
  if (!existsSync(from)) throw new Error(`${from} is missing: npm run build makes it`);
  mkdirSync(dirname(join(to, file)), { recursive: true });
  copyFileSync(from, join(to, file));
}

/** @param {string} to @param {object} manifest */
function writeManifest(to, manifest) {
  writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param {readonly string[]} args @param {string} cwd */
function npm(args, cwd) {
  return JSON.parse(execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }));
}
