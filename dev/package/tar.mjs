import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/**
 * @typedef {object} Entry
 * @property {string} name without a leading slash
 * @property {Buffer | string} [content] of a file
 * @property {string} [link] target of a symbolic link
 * @property {number} [mode]
 */

/**
 * A tar archive, gzipped: entries by name, root's, all of one time, so that the same content has the same bytes. Folders that
 * entries lie in come before them.
 * @param {readonly Entry[]} entries
 * @param {Date} date
 * @param {string} [prefix] put before each name, such as `./`
 */
export async function tarGz(entries, date, prefix = '') {
  const archive = pack();
  const common = { uid: 0, gid: 0, uname: 'root', gname: 'root', mtime: date };
  for (const { name, content, link, mode } of withFolders(entries)) {
    const path = prefix + name;
    if (link !== undefined) archive.entry({ ...common, name: path, type: 'symlink', linkname: link, mode: 0o777 });
    else if (content === undefined)
      archive.entry({ ...common, name: `${path}/`, type: 'directory', mode: mode ?? 0o755 });
    else archive.entry({ ...common, name: path, mode: mode ?? 0o644 }, Buffer.from(content));
  }
  archive.finalize();
  /** @type {Buffer[]} */
  const chunks = [];
  for await (const chunk of archive) chunks.push(/** @type {Buffer} */ (chunk));
  // zlib's header of Node.js has no time and no name.
  return gzipSync(Buffer.concat(chunks), { level: 6 });
}

/** @param {readonly Entry[]} entries @returns {Entry[]} */
function withFolders(entries) {
  /** @type {Map<string, Entry>} */
  const all = new Map();
  for (const entry of entries) {
    const parts = entry.name.split('/');
    for (let end = 1; end < parts.length; end += 1) {
      const name = parts.slice(0, end).join('/');
      if (!all.has(name)) all.set(name, { name });
    }
    all.set(entry.name, entry);
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
