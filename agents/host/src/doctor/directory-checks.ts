import { accessSync, constants, lstatSync, readFileSync, realpathSync, statSync, statfsSync, watch } from 'node:fs';
import { countPkcs12Entries, readKeystore } from '@trustcast/keystore';
import { MARKER_ALIAS } from '@trustcast/schema';
import type { Config } from '../config.js';
import { errnoOf } from '../errors.js';
import { pathsOf, unsafeParent, unsafeTruststore } from '../state/agent-directory.js';
import { baseFileOf, readBase } from '../truststore/base.js';
import { type Finding, notice, ok, problem } from './finding.js';

/** `statfs` types on which inotify sees nothing of other hosts, or rename is not what it is elsewhere. */
const REMOTE_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
]);

export function directoryChecks(config: Config): Finding[] {
  const { path, jvms } = pathsOf(config.directory);
  let real: string;
  try {
    real = realpathSync(path);
    accessSync(pathsOf(path).state, constants.R_OK);
  } catch (error) {
    const detail =
      errnoOf(error) === 'ENOENT' ? 'is missing; "trustcast-agent run" makes it' : `cannot be read: ${errnoOf(error)}`;
    return [problem('directory', `${path} ${detail}`)];
  }
  const unsafe = unsafeParent(real);
  const kind = REMOTE_FILE_SYSTEMS.get(statfsSync(real).type);
  const open = statSync(jvms).mode & 0o7777;
  return [
    unsafe === null ? ok('directory', real) : problem('directory', unsafe),
    open === 0o1777
      ? ok('status files', `${jvms} is sticky and writable for JVMs of every user`)
      : problem('status files', `${jvms} has mode ${open.toString(8)} instead of 1777`),
    kind === undefined
      ? ok('file system', 'local')
      : problem('file system', `${kind}: JVMs of other hosts see changes late; give every host a directory of its own`),
    watchable(real),
  ];
}

function watchable(path: string): Finding {
  try {
    watch(path).close();
    return ok('inotify', 'works');
  } catch (error) {
    return problem(
      'inotify',
      `${errnoOf(error)}: raise fs.inotify.max_user_watches or max_user_instances; files are polled`,
    );
  }
}

export function truststoreChecks(config: Config): Finding[] {
  const { truststore } = pathsOf(config.directory);
  let bytes: Buffer;
  try {
    bytes = readFileSync(truststore);
  } catch (error) {
    return [problem('truststore', `${truststore} cannot be read: ${errnoOf(error)}`)];
  }
  const mounted = mountPoints().has(realpathSync(truststore));
  const unsafe = unsafeTruststore(truststore);
  const { mode } = lstatSync(realpathSync(truststore));
  return [
    contentOf(bytes),
    (mode & 0o004) === 0
      ? notice('truststore mode', `${(mode & 0o777).toString(8)}: JVMs of other users cannot read it`)
      : ok('truststore mode', (mode & 0o777).toString(8)),
    ...(mounted
      ? [problem('mount', 'the file itself is a mount point and cannot be replaced; mount its directory')]
      : []),
    ...(unsafe ? [problem('truststore', unsafe.message)] : []),
  ];
}

function contentOf(bytes: Buffer): Finding {
  try {
    const entries = countPkcs12Entries(bytes);
    const marked = readKeystore(bytes).entries.some(({ alias }) => alias === MARKER_ALIAS);
    if (entries > 0 && marked) return ok('truststore', `${entries} entries, no password needed`);
  } catch {
    // Reported below.
  }
  return problem('truststore', 'is not what the agent writes: damaged, another file, or a password was set on it');
}

export function baseChecks(config: Config, written: number | null): Finding[] {
  try {
    const path = baseFileOf(config.base);
    if (path === null) return [notice('base', 'none: only managed certificates are in the truststore')];
    const { entries } = readBase(path, config.basePassword);
    if (written !== null && written !== entries.length)
      return [problem('base', `${path} has ${entries.length} CAs, the truststore was written with ${written}`)];
    return [ok('base', `${path}, ${entries.length} CAs`)];
  } catch (error) {
    return [problem('base', error instanceof Error ? error.message : String(error))];
  }
}

function mountPoints(): Set<string> {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return new Set(
    lines.map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    ),
  );
}
