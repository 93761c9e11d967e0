import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { errnoOf, isErrno } from '@trustcast/config';

const OURS = /^Agent-Class: io\.trustcast\.jvm\.Agent\r?$/m;
const MANIFEST = 'META-INF/MANIFEST.MF';
const MAX_MANIFEST_BYTES = 64 * 1_024;
/** The end of a zip file has a comment of up to 64 KiB behind it. */
const END_BYTES = 22 + 0xffff;
const MAX_LIST_BYTES = 1_024 * 1_024;

/** Reason why a file is not the jar of the JVM agent, with a remedy; null where it is. */
export function jarProblem(path: string): string | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) return `JAR_NOT_READABLE: ${path} cannot be read: ${errnoOf(error)}`;
    return `JAR_MISSING: ${path} is missing; a JVM whose -javaagent names it does not start: put trustcast-jvm.jar there, or correct TRUSTCAST_JVM_AGENT_JAR`;
  }
  try {
    if (OURS.test(manifestOf(file))) return null;
  } catch {
    // No zip file, or an incomplete one.
  } finally {
    closeSync(file);
  }
  return `JAR_IS_ANOTHER: ${path} is not the jar of the JVM agent: name trustcast-jvm.jar with TRUSTCAST_JVM_AGENT_JAR`;
}

/** As APPNOTE.TXT of PKWARE has it; empty where there is none. @throws where the file is no zip file */
function manifestOf(file: number): string {
  const { size } = fstatSync(file);
  const end = read(file, Math.max(0, size - END_BYTES), Math.min(size, END_BYTES));
  const at = end.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at < 0) return '';
  const list = read(file, end.readUInt32LE(at + 16), Math.min(end.readUInt32LE(at + 12), MAX_LIST_BYTES));
  for (let entry = 0; entry < list.length && list.readUInt32LE(entry) === 0x02014b50;) {
    const nameEnd = entry + 46 + list.readUInt16LE(entry + 28);
    if (list.toString('latin1', entry + 46, nameEnd) === MANIFEST)
      return contentOf(
        file,
        list.readUInt32LE(entry + 42),
        list.readUInt16LE(entry + 10),
        list.readUInt32LE(entry + 20),
      );
    entry = nameEnd + list.readUInt16LE(entry + 30) + list.readUInt16LE(entry + 32);
  }
  return '';
}

function contentOf(file: number, at: number, method: number, bytes: number): string {
  const header = read(file, at, 30);
  const begin = at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  const stored = read(file, begin, Math.min(bytes, MAX_MANIFEST_BYTES));
  const content = method === 0 ? stored : inflateRawSync(stored, { maxOutputLength: MAX_MANIFEST_BYTES });
  return content.toString('utf8');
}

function read(file: number, at: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, at));
}
