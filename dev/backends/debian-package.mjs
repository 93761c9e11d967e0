import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolderWhenFree } from '../setup/folder-lock.mjs';
import { lastLines, runCommand } from '../setup/run-command.mjs';

/**
 * Downloads a Debian package and unpacks it into a folder; nothing is installed and root is not needed. apt checks
 * the package against the signed lists of the machine's own sources, fetched into the cache. Processes that want the
 * same package at once wait for each other: apt's own locks refuse instead of waiting.
 * @param {{ name: string, cacheDir: string, log?: (line: string) => void }} options
 * @returns {Promise<string>} the folder that holds the package's files (`usr/…`)
 * @throws {Error} with the last lines of the command that failed
 */
export async function unpackDebianPackage({ name, cacheDir, log = () => undefined }) {
  const target = join(cacheDir, 'debian', name);
  if (existsSync(target)) return target;
  mkdirSync(cacheDir, { recursive: true });
  const lock = await lockFolderWhenFree(cacheDir);
  try {
    if (!existsSync(target)) await fetchAndUnpack({ name, target, cacheDir, log });
    return target;
  } finally {
    await lock.release();
  }
}

/** @param {{ name: string, target: string, cacheDir: string, log: (line: string) => void }} options */
async function fetchAndUnpack({ name, target, cacheDir, log }) {
  const next = `${target}.next`;
  const lists = join(cacheDir, 'apt', 'lists');
  rmSync(next, { recursive: true, force: true });
  for (const folder of [next, join(lists, 'partial')]) mkdirSync(folder, { recursive: true });
  const options = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${join(cacheDir, 'apt')}`,
    // apt would otherwise fetch as the user _apt, who may not reach the cache.
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  ].flatMap((option) => ['-o', option]);
  const download = () => runCommand('apt-get', [...options, '-q', 'download', name], { cwd: next });
  if (!(await hasApt())) throw new Error('this machine has no apt-get');
  // Lists of an earlier download usually still serve.
  if ((await download()).code !== 0) {
    log(`fetching the package ${name} from this machine's Debian sources`);
    await succeed('apt-get update', runCommand('apt-get', [...options, '-q', 'update'], { cwd: next }));
    await succeed(`apt-get download ${name}`, download());
  }
  const file = readdirSync(next).find((entry) => entry.endsWith('.deb'));
  if (!file) throw new Error(`apt-get download ${name} brought no package`);
  await succeed('dpkg-deb', runCommand('dpkg-deb', ['-x', join(next, file), next]));
  rmSync(join(next, file));
  renameSync(next, target);
}

async function hasApt() {
  return runCommand('apt-get', ['--version']).then(
    () => true,
    () => false,
  );
}

/** @param {string} name @param {Promise<import('../setup/run-command.mjs').CommandResult>} running */
async function succeed(name, running) {
  const { code, output } = await running;
  if (code !== 0) throw new Error(`${name} failed:\n${lastLines(output, 5)}`);
}
