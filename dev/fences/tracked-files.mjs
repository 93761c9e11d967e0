import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Paths of the files in git that match, relative to the repository, new files that are not ignored included.
 * @param {RegExp} pattern
 */
export function trackedFiles(pattern) {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  const text = execFileSync('git', list, { cwd: root, encoding: 'utf8' });
  return [...new Set(text.split('\0'))].filter((path) => pattern.test(path)).sort();
}

/**
 * Reports what a fence found: one line each on standard error, and exit code 1 if there is any.
 * @param {string} fence its name
 * @param {readonly string[]} problems
 */
export function report(fence, problems) {
  for (const problem of problems) process.stderr.write(`${fence}: ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
