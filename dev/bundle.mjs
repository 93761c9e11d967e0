#!/usr/bin/env node
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildConsole } from '@trustcast/console/build.mjs';
import { rewritten } from './bundle-rewrite.mjs';

/**
 * Joins what `tsc` wrote, and the libraries, into a few files per program: Node.js starts one in half the time that it
 * needs to find and read 1,300 files. Files that are right already are left alone, for a program may be running from them.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The programs, with the threads that they start by a URL beside their own.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const PROGRAMS = {
  'services/certificates': ['main', 'features/distribution/relay-thread', 'features/intake/reader-thread'],
  'agents/host': ['main', 'jvms/processes/watchdog-thread', 'files/path-watch-thread'],
  'clients/cli': ['main', 'keys/trustcast-keys'],
};

/** Where the service finds the files of the console. */
const CONSOLE = 'console';

/** What the libraries load when it is there; nothing here uses it. */
const OPTIONAL = [
  '@google-cloud/spanner',
  '@sap/hana-client',
  '@sap/hana-client/extension/Stream',
  'better-sqlite3',
  'class-transformer',
  'class-validator',
  'hdb-pool',
  'ioredis',
  'mongodb',
  'mssql',
  'mysql',
  'mysql2',
  'oracledb',
  'pg-native',
  'pg-query-stream',
  'react-native-sqlite-storage',
  'redis',
  'sql.js',
  'sqlite3',
  'ts-node',
  'tsx',
  'typeorm-aurora-data-api-driver',
];

const [HASH, BANG] = Buffer.from('#!');

/** Modules in the CommonJS form ask for these by name; ES modules have none. */
const COMMONJS = `import { createRequire as createRequireOfBundle } from 'node:module';
import { dirname as dirnameOfBundle } from 'node:path';
import { fileURLToPath as fileURLToPathOfBundle } from 'node:url';
const require = createRequireOfBundle(import.meta.url);
const __filename = fileURLToPathOfBundle(import.meta.url);
const __dirname = dirnameOfBundle(__filename);
const sameOfBundle = (value) => value;`;

await Promise.all(
  Object.entries(PROGRAMS).map(async ([workspace, entries]) => {
    const folder = join(root, workspace, 'dist/bundle');
    const { outputFiles, metafile } = await build({
      absWorkingDir: root,
      metafile: true,
      entryPoints: entries.map((entry) => join(root, workspace, `dist/src/${entry}.js`)),
      entryNames: '[name]',
      outdir: folder,
      write: false,
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      keepNames: true,
      // graphql-js compares types in many more ways otherwise.
      define: { 'process.env.NODE_ENV': '"production"' },
      legalComments: 'linked',
      external: OPTIONAL,
      banner: { js: COMMONJS },
      logLevel: 'error',
    });
    mkdirSync(folder, { recursive: true });
    for (const { path, contents: written } of outputFiles) {
      const contents = path.endsWith('.js') ? Buffer.from(await rewritten(String(Buffer.from(written)))) : written;
      if (!existsSync(path) || !readFileSync(path).equals(contents)) writeFileSync(path, contents);
      // A command may be linked from where it lies.
      if (contents[0] === HASH && contents[1] === BANG) chmodSync(path, 0o755);
    }
    // What the bundle is made of, for those who pass it on.
    writeFileSync(`${folder}.inputs.json`, JSON.stringify(Object.keys(metafile.inputs).sort()));
    const names = new Set([CONSOLE, ...outputFiles.map(({ path }) => basename(path))]);
    for (const name of readdirSync(folder)) if (!names.has(name)) rmSync(join(folder, name));
  }),
);
await buildConsole(
  join(root, 'services/certificates/dist/bundle', CONSOLE),
  join(root, 'services/certificates/dist/console.inputs.json'),
);
