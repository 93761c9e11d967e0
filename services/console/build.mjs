#!/usr/bin/env node
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const lock = join(root, 'package-lock.json');
const COMPRESSED = /\.(?:html|js|css|svg)$/;

/**
 * Writes the console's files to a folder, text also in brotli's form. Does nothing where they are made of what is there now.
 * @param {string} folder
 * @param {string} stamp file that says what they are made of, in `inputs` the paths of all modules
 */
export async function buildConsole(folder, stamp) {
  const sources = digestOfSources();
  if (existsSync(join(folder, 'index.html')) && existsSync(stamp))
    if (JSON.parse(readFileSync(stamp, 'utf8')).sources === sources) return;
  const built = await build({
    root: here,
    configFile: false,
    base: '/console/',
    logLevel: 'warn',
    plugins: [react()],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2023',
      // No file becomes a data: URL, which the page's policy forbids.
      assetsInlineLimit: 0,
      // The polyfill would be a script in the page.
      modulePreload: { polyfill: false },
    },
  });
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!COMPRESSED.test(name)) continue;
    const compressed = brotliCompressSync(readFileSync(join(folder, name)), {
      params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
    });
    writeFileSync(join(folder, `${name}.br`), compressed);
  }
  const chunks = [built].flat().flatMap(({ output }) => output);
  const modules = new Set(chunks.flatMap(({ type, moduleIds }) => (type === 'chunk' ? moduleIds : [])));
  const inputs = [...modules].filter((id) => isAbsolute(id)).map((id) => relative(root, id).replace(/\?.*$/, ''));
  writeFileSync(stamp, JSON.stringify({ sources, inputs: inputs.sort() }));
}

/** What the files are made of: the sources, this program and the versions of what it uses. */
function digestOfSources() {
  const hash = createHash('sha256');
  const files = readdirSync(join(here, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  for (const file of [lock, join(here, 'build.mjs'), join(here, 'index.html'), ...files.sort()])
    hash.update(`${file}\n`).update(readFileSync(file)).update('\n');
  return hash.digest('hex');
}
