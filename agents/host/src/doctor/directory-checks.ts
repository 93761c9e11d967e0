import { accessSync, constants, realpathSync, statSync, statfsSync, watch } from 'node:fs';
import type { Config } from '../config.js';
import { errnoOf } from '../errors.js';
import { pathsOf, unsafeParent } from '../state/agent-directory.js';
import { type Finding, ok, problem } from './finding.js';

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
