import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const LISTENS = '0A';

/**
 * Names who listens on a TCP port of this machine, as far as this user may see that.
 * @param {number} port
 * @returns {string} such as `process 4242 (node)`, else `another process`
 */
export function portHolder(port) {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => listeners(table, port)));
  for (const pid of entries('/proc').filter((name) => /^\d+$/.test(name)))
    if (entries(`/proc/${pid}/fd`).some((fd) => sockets.has(linkOf(`/proc/${pid}/fd/${fd}`))))
      return `process ${pid} (${textOf(`/proc/${pid}/comm`).trim()})`;
  return 'another process';
}

/** @param {string} table @param {number} port @returns {string[]} as the links of descriptors name them */
function listeners(table, port) {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return textOf(`/proc/net/${table}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => local.endsWith(suffix) && state === LISTENS)
    .map((fields) => `socket:[${fields[9]}]`);
}

/** @param {string} folder @returns {string[]} none where this user may not look, or it has gone */
function entries(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** @param {string} file */
function linkOf(file) {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** @param {string} file */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
