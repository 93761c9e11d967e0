import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { findNatsServer } from '../backends/nats.mjs';
import { loadEnvironment } from '../setup/environment.mjs';
import { runCommand } from '../setup/run-command.mjs';
import { childBackend } from './child-backend.mjs';
import { removeScratchFolders, scratchFolder } from './scratch-folder.mjs';

afterAll(removeScratchFolders);

/** @param {string} file @param {string} version */
function fakeServer(file, version) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho nats-server: v${version}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A package archive of our own, which apt reads in place of this machine's. @param {string} folder */
async function packageArchive(folder) {
  const tree = join(folder, 'tree');
  fakeServer(join(tree, 'usr/sbin/nats-server'), '2.0.3');
  mkdirSync(join(tree, 'DEBIAN'));
  const control =
    'Package: nats-server\nVersion: 2.0.3\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: test\n';
  writeFileSync(join(tree, 'DEBIAN/control'), control);
  const deb = 'nats-server_2.0.3_all.deb';
  const built = await runCommand('dpkg-deb', ['-b', tree, join(folder, deb)]);
  const size = (await runCommand('stat', ['-c', '%s', join(folder, deb)])).stdout.trim();
  const sha256 = (await runCommand('sha256sum', [join(folder, deb)])).stdout.slice(0, 64);
  expect(built.code).toBe(0);
  writeFileSync(join(folder, 'Packages'), `${control}Filename: ./${deb}\nSize: ${size}\nSHA256: ${sha256}\n`);
  writeFileSync(join(folder, 'sources.list'), `deb [trusted=yes] file:${folder} ./\n`);
  const settings = join(folder, 'apt.conf');
  writeFileSync(settings, `Dir::Etc::sourcelist "${folder}/sources.list";\nDir::Etc::sourceparts "-";\n`);
  return settings;
}

test('NATS_SERVER_BIN comes before PATH, and PATH before the system folders', async () => {
  const folder = scratchFolder();
  const bin = fakeServer(join(folder, 'any-name'), '2.0.0');
  const onPath = fakeServer(join(folder, 'path/nats-server'), '2.0.1');
  const system = fakeServer(join(folder, 'system/nats-server'), '2.0.2');
  const options = { cacheDir: join(folder, 'cache'), systemFolders: [join(folder, 'system')] };
  const find = (/** @type {NodeJS.ProcessEnv} */ env) => findNatsServer({ ...options, env: loadEnvironment(env) });
  const PATH = join(folder, 'path');
  expect(await find({ NATS_SERVER_BIN: bin, PATH })).toEqual({
    file: bin,
    version: '2.0.0',
    source: 'NATS_SERVER_BIN',
  });
  expect(await find({ PATH })).toEqual({ file: onPath, version: '2.0.1', source: 'machine' });
  expect(await find({ PATH: '' })).toEqual({ file: system, version: '2.0.2', source: 'machine' });
});

test('a NATS_SERVER_BIN that does not run is an error, not a reason to look further', async () => {
  const env = loadEnvironment({ NATS_SERVER_BIN: '/bin/true', PATH: '' });
  await expect(findNatsServer({ cacheDir: scratchFolder(), env })).rejects.toMatchObject({
    exitCode: 78,
    message: 'NATS_SERVER_BIN=/bin/true is not a nats-server that runs here: correct it or unset it.',
  });
});

if (existsSync('/usr/bin/apt-get')) {
  const PATH = '/usr/bin:/bin';

  test("Debian's package is unpacked into the cache once, and the machine is not touched", async () => {
    const folder = scratchFolder();
    const aptSettings = await packageArchive(folder);
    const script = join(import.meta.dirname, 'find-nats-server.mjs');
    const find = (/** @type {string} */ settings) =>
      runCommand(process.execPath, [script, join(folder, 'cache')], { env: { PATH, APT_CONFIG: settings } });
    const file = join(folder, 'cache/debian/nats-server/usr/sbin/nats-server');
    const found = { file, version: '2.0.3', source: 'Debian package' };
    const first = await find(aptSettings);
    expect(first.output).toContain('fetching the package nats-server');
    expect(JSON.parse(first.stdout.trim().split('\n').at(-1) ?? '')).toEqual(found);
    expect(JSON.parse((await find('/dev/null')).stdout)).toEqual(found);
  });

  test('processes that want the package at once all get it', async () => {
    const folder = scratchFolder();
    const aptSettings = await packageArchive(folder);
    const script = join(import.meta.dirname, 'find-nats-server.mjs');
    const find = () =>
      runCommand(process.execPath, [script, join(folder, 'cache')], { env: { PATH, APT_CONFIG: aptSettings } });
    const found = await Promise.all(Array.from({ length: 4 }, find));
    expect(found.map(({ stdout }) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '').version)).toEqual(
      Array.from({ length: 4 }, () => '2.0.3'),
    );
  });

  test('without a package the error says why and names the ways, with exit code 78', async () => {
    const folder = scratchFolder();
    const aptSettings = await packageArchive(folder);
    writeFileSync(join(folder, 'Packages'), '');
    const script = join(import.meta.dirname, 'find-nats-server.mjs');
    const { stdout } = await runCommand(process.execPath, [script, join(folder, 'cache')], {
      env: { PATH, APT_CONFIG: aptSettings },
    });
    const { exitCode, message } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    expect(exitCode).toBe(78);
    expect(message).toMatch(
      /Unable to locate package nats-server.*NATS_URL.*NATS_SERVER_BIN.*apt install nats-server/s,
    );
  });
}

test('without apt the error names the ways, with exit code 78', async () => {
  const { exitCode, message } = await childBackend(
    'nats',
    { ephemeral: true, cacheDir: scratchFolder() },
    { env: { PATH: '/nonexistent' } },
  ).answer;
  expect(exitCode).toBe(78);
  expect(message).toMatch(/this machine has no apt-get.*NATS_URL.*NATS_SERVER_BIN/s);
});
