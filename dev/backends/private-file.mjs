import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Replaces a file that only its owner may read; readers see the old or the new content.
 * @param {string} file
 * @param {string} text
 */
export function writePrivateFile(file, text) {
  const next = `${file}.next`;
  // An existing file would keep its mode.
  rmSync(next, { force: true });
  writeFileSync(next, text, { mode: 0o600, flag: 'wx' });
  renameSync(next, file);
}

/**
 * @param {string} file
 * @returns {Record<string, unknown>} empty when the file is missing or damaged
 */
export function readJsonFile(file) {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    if (code !== undefined && code !== 'ENOENT') throw error;
    return {};
  }
}
