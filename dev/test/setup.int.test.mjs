import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { build } from '../setup/build.mjs';
import { lockFolder } from '../setup/folder-lock.mjs';
import { install } from '../setup/install.mjs';
import { Progress } from '../setup/progress.mjs';
import { removeScratchFolders, scratchFolder } from './scratch-folder.mjs';

afterAll(removeScratchFolders);

/** A project whose only dependency is a folder of its own: npm needs no registry for it. */
function project() {
  const root = scratchFolder();
  mkdirSync(join(root, 'part'));
  writeJson(join(root, 'part/package.json'), { name: 'part', version: '1.0.0' });
  writeJson(join(root, 'package.json'), { name: 'whole', version: '1.0.0', workspaces: ['part'] });
  writeLock(root, '1.0.0');
  return root;
}

/** @param {string} file @param {object} value */
function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value));
}

/** @param {string} root @param {string} version */
function writeLock(root, version) {
  writeJson(join(root, 'package-lock.json'), {
    name: 'whole',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'whole', version: '1.0.0', workspaces: ['part'] },
      'node_modules/part': { resolved: 'part', link: true },
      part: { version },
    },
  });
}

describe('install', () => {
  test('runs npm ci when node_modules is missing or differs from package-lock.json, and else does nothing', async () => {
    const root = project();
    expect(await install({ root })).toEqual({ ran: true });
    expect(existsSync(join(root, 'node_modules/part/package.json'))).toBe(true);
    expect(await install({ root })).toEqual({ ran: false });
    writeJson(join(root, 'part/package.json'), { name: 'part', version: '1.0.1' });
    writeLock(root, '1.0.1');
    expect(await install({ root })).toEqual({ ran: true });
    expect(await install({ root })).toEqual({ ran: false });
    rmSync(join(root, 'node_modules'), { recursive: true });
    expect(await install({ root })).toEqual({ ran: true });
  });

  test("a failure shows npm's own words", async () => {
    const root = project();
    writeJson(join(root, 'package.json'), { name: 'whole', version: '1.0.0', dependencies: { absent: 'file:absent' } });
    await expect(install({ root })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/^npm ci failed with exit code 1:\n.*in sync/s),
    });
  });

  test('a missing package-lock.json is told', async () => {
    await expect(install({ root: scratchFolder() })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('package-lock.json is missing'),
    });
  });
});

describe('build', () => {
  /** @param {string} compiler @param {string} jvm @param {string} bundler */
  function buildable(compiler, jvm, bundler = '') {
    const root = scratchFolder();
    for (const folder of ['node_modules/typescript/bin', 'agents/jvm', 'dev'])
      mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, 'node_modules/typescript/bin/tsc'), compiler);
    writeFileSync(join(root, 'dev/bundle.mjs'), bundler);
    writeFileSync(join(root, 'agents/jvm/build.mjs'), jvm);
    return root;
  }
  const writes = (/** @type {string} */ name) =>
    `require('node:fs').writeFileSync('${name}', process.argv.slice(2).join(' '))`;

  test('compiles the workspaces, bundles them, then builds the JVM agent', async () => {
    const renames = (/** @type {string} */ from, /** @type {string} */ to) =>
      `import { renameSync } from 'node:fs'; renameSync('${from}', '${to}');`;
    const root = buildable(writes('compiled'), renames('bundled', 'complete'), renames('compiled', 'bundled'));
    await build({ root });
    expect(existsSync(join(root, 'complete'))).toBe(true);
  });

  test("a compiler's errors are shown, and the exit code for a missing JDK is kept", async () => {
    const broken = buildable(`console.log('a.ts(1,1): error TS1005'); process.exit(2)`, '');
    await expect(build({ root: broken })).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringMatching(/^tsc -b failed with exit code 2\..*TS1005/s),
    });
    const withoutJdk = buildable('', `console.error('no JDK'); process.exit(78)`);
    await expect(build({ root: withoutJdk })).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('no JDK'),
    });
  });
});

test('a folder is locked for one at a time, however it is spelled, and free after release', async () => {
  const folder = scratchFolder();
  const first = await lockFolder(folder);
  await expect(lockFolder(`${folder}/.`)).rejects.toMatchObject({
    exitCode: 75,
    message: `${folder} is in use by process ${process.pid}: stop that first.`,
  });
  await first.release();
  await (await lockFolder(folder)).release();
});

describe('progress', () => {
  /** @param {boolean} json */
  function recorder(json) {
    /** @type {string[]} */
    const lines = [];
    return { lines, progress: new Progress({ json, write: (text) => lines.push(text) }) };
  }

  test('people read the time, the step and its result', async () => {
    const { lines, progress } = recorder(false);
    expect(
      await progress.step(
        'install',
        async () => 3,
        (n) => `${n} packages`,
      ),
    ).toBe(3);
    progress.note('a remark');
    await expect(progress.step('build', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(lines).toEqual([
      expect.stringMatching(/^ +0\.0 s {2}install {7}3 packages\n$/),
      '          a remark\n',
      expect.stringMatching(/^ +0\.0 s {2}build +FAILED\n$/),
    ]);
  });

  test('a step that takes long says what it is at', async () => {
    /** @type {string[]} */
    const lines = [];
    await new Promise((said) => {
      const write = (/** @type {string} */ text) => said(lines.push(text));
      const progress = new Progress({ quietMs: 1, write });
      void progress.step('build', (at) => {
        at('compiling the workspaces');
        return new Promise(() => undefined);
      });
    });
    expect(lines).toEqual(['          build: compiling the workspaces, 0 s so far\n']);
  });

  test('programs read one JSON object per line', async () => {
    const { lines, progress } = recorder(true);
    await progress.step(
      'install',
      async () => 3,
      (n) => `${n} packages`,
    );
    progress.note('a remark');
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'step', step: 'install', state: 'started' },
      { event: 'step', step: 'install', state: 'done', ms: expect.any(Number), detail: '3 packages' },
      { event: 'note', text: 'a remark' },
    ]);
  });
});
