import { readFileSync } from 'node:fs';
import { SetupError } from '../setup/setup-error.mjs';

/** What Node.js looks for in itself, before anything is inside. */
export const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
/** `e_machine` of elf(5), and how Node.js and the packages call it. @type {Record<number, Architecture>} */
const MACHINES = {
  62: { node: 'x64', deb: 'amd64', rpm: 'x86_64' },
  183: { node: 'arm64', deb: 'arm64', rpm: 'aarch64' },
};

/** @typedef {{ node: string, deb: string, rpm: string }} Architecture */
/** @typedef {{ path: string, bytes: Buffer, version: string, architecture: Architecture }} NodeBinary */

/**
 * The Node.js executable that carries a program. It writes what it carries, so one for another architecture must have the
 * version of the one that runs here.
 * @param {string} path
 * @returns {NodeBinary}
 * @throws {SetupError} exit code 78
 */
export function readNode(path) {
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new SetupError(`--node: ${path} cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
  const isElf = bytes.length > 20 && bytes.subarray(0, 4).equals(Buffer.from('\x7fELF'));
  const architecture = isElf ? MACHINES[bytes.readUInt16LE(18)] : undefined;
  if (architecture === undefined)
    throw new SetupError(`${path} is no Linux executable for x64 or arm64; name one of nodejs.org with --node.`);
  if (!bytes.includes(`${FUSE}:0`))
    throw new SetupError(`${path} cannot carry a program; name an executable of nodejs.org with --node.`);
  const [, version = ''] = /\/node-v(\d+\.\d+\.\d+)-headers/.exec(bytes.toString('latin1')) ?? [];
  if (version !== process.versions.node)
    throw new SetupError(
      `${path} is Node ${version || 'of an unknown version'}, and ${process.versions.node} runs here: use one version for both.`,
    );
  return { path, bytes, version, architecture };
}
