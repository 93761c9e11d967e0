import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { lastLines, runCommand } from '../setup/run-command.mjs';
import { SetupError } from '../setup/setup-error.mjs';
import { FUSE } from './node-binary.mjs';
import { packagesOf } from './packages-of.mjs';

/**
 * @typedef {object} Program
 * @property {string} workspace
 * @property {string} entry module below its dist/src
 * @property {Readonly<Record<string, string>>} threads file inside to module below dist/src
 * @property {Readonly<Record<string, string>>} files file inside to path in the repository
 */

/** The programs that are one executable each. */
export const EXECUTABLES = {
  'trustcast-agent': {
    workspace: 'agents/host',
    entry: 'main',
    threads: {
      'watchdog-thread.js': 'jvms/processes/watchdog-thread',
      'path-watch-thread.js': 'files/path-watch-thread',
    },
    files: { 'trustcast-jvm.jar': 'agents/jvm/dist/trustcast-jvm.jar' },
  },
  trustcast: { workspace: 'clients/cli', entry: 'executable', threads: {}, files: {} },
};

/**
 * Writes Node.js with a program inside. The same sources and the same Node.js give the same bytes: the code cache of V8, which
 * differs from run to run and is refused under other flags of V8, is left out.
 * @param {object} options
 * @param {string} options.root the repository, built
 * @param {string} options.work an empty folder
 * @param {Program} options.program
 * @param {import('./node-binary.mjs').NodeBinary} options.node
 * @returns {Promise<{ path: string, packages: import('./packages-of.mjs').Component[] }>}
 */
export async function makeExecutable({ root, work, program, node }) {
  const { workspace, entry, threads, files } = program;
  mkdirSync(work, { recursive: true });
  const inputs = await bundle(root, workspace, entry, join(work, 'program.cjs'));
  for (const [name, module] of Object.entries(threads))
    inputs.push(...(await bundle(root, workspace, module, join(work, name))));
  const assets = { 'package.json': `${workspace}/package.json`, ...files };
  for (const [name, source] of Object.entries(assets)) copyFileSync(join(root, source), join(work, name));
  // Paths are written into what Node.js makes of it: they are relative.
  const plan = {
    main: 'program.cjs',
    output: 'program.blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: false,
    assets: Object.fromEntries([...Object.keys(threads), ...Object.keys(assets)].map((name) => [name, name])),
  };
  writeFileSync(join(work, 'plan.json'), JSON.stringify(plan));
  await mustRun(process.execPath, ['--experimental-sea-config', 'plan.json'], work);
  const path = join(work, 'program');
  writeFileSync(path, node.bytes);
  const postject = join(root, 'node_modules/postject/dist/cli.js');
  await mustRun(process.execPath, [postject, path, 'NODE_SEA_BLOB', 'program.blob', '--sentinel-fuse', FUSE], work);
  chmodSync(path, 0o755);
  return { path, packages: packagesOf(root, inputs) };
}

/**
 * @param {string} root @param {string} workspace @param {string} entry @param {string} outfile
 * @returns {Promise<string[]>} paths of the modules in it
 */
async function bundle(root, workspace, entry, outfile) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${workspace}/dist/src/${entry}.js`],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    keepNames: true,
    define: {
      'process.env.NODE_ENV': '"production"',
      // An executable cannot load the native modules that ws would try.

      'process.env.WS_NO_BUFFER_UTIL': '"1"',
      'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
    },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    // What lies beside a module is inside the executable instead.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return Object.keys(metafile.inputs);
}

/** @param {string} file @param {string[]} args @param {string} cwd */
async function mustRun(file, args, cwd) {
  const { code, output } = await runCommand(file, args, { cwd });
  if (code !== 0) throw new SetupError(`${args[0]} failed:\n${lastLines(output, 20)}`, { exitCode: 1 });
}
