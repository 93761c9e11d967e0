import { accessSync, constants, lstatSync, realpathSync, statSync, statfsSync, watch } from 'node:fs';
import { errnoOf } from '@trustcast/config';
import type { Config } from '../config.js';
import { roomProblem, waitingAgent } from '../state/disk-space.js';
import { pathsOf, unsafeParent } from '../state/agent-directory.js';
import { remoteFileSystem } from './file-systems.js';
import { type Finding, ok, problem } from './finding.js';

export function directoryChecks(config: Config): Finding[] {
  const { path, state, jvms } = pathsOf(config.directory);
  const obstacle = unusable(path, [state, jvms]);
  if (obstacle !== null) return [problem('directory', obstacle)];
  const real = realpathSync(path);
  const kind = remoteFileSystem(statfsSync(real).type);
  const open = statSync(jvms).mode & 0o7777;
  return [
    ok('directory', real),
    open === 0o1777
      ? ok('status files', `${jvms} is sticky and writable for JVMs of every user`)
      : problem('status files', `${jvms} has mode ${open.toString(8)} instead of 1777`),
    kind === null
      ? ok('file system', 'local')
      : problem('file system', `${kind}: JVMs of other hosts see changes late; give every host a directory of its own`),
    watchable(real),
  ];
}

/** The reason why an agent cannot use a directory, or has not used it yet; null where there is none. */
function unusable(path: string, folders: readonly string[]): string | null {
  try {
    if (!statSync(path).isDirectory())
      return `DIRECTORY_UNUSABLE: ${path} is no directory: remove it, or name another with TRUSTCAST_DIRECTORY`;
    const unsafe = unsafeParent(realpathSync(path));
    if (unsafe !== null) return `DIRECTORY_UNSAFE: ${unsafe}`;
  } catch (error) {
    return obstacleOf(path, error);
  }
  for (const folder of folders)
    try {
      if (!lstatSync(folder).isDirectory())
        return `DIRECTORY_UNSAFE: ${folder} must be a directory of the user that runs the agent, and no link`;
      accessSync(folder, constants.R_OK);
    } catch (error) {
      return obstacleOf(folder, error);
    }
  return null;
}

function obstacleOf(path: string, error: unknown): string {
  const errno = errnoOf(error);
  return errno === 'ENOENT' ? `${path} is missing; "trustcast-agent run" makes it` : `${path} cannot be read: ${errno}`;
}

/** Finds a directory without room, which may be the only problem. */
export function roomCheck({ directory }: Config): Finding[] {
  const room = roomProblem(directory, waitingAgent(directory));
  return room === null
    ? []
    : [
        problem(
          'room',
          `STATE_NOT_WRITTEN: ${room}: ${room.startsWith('EFBIG') ? 'and start it again' : 'make room; the agent goes on by itself'}`,
        ),
      ];
}

/** Kernel limits by the errno that inotify gives when one is reached. */
const INOTIFY_LIMITS: ReadonlyMap<string, string> = new Map([
  ['EMFILE', 'fs.inotify.max_user_instances'],
  ['ENOSPC', 'fs.inotify.max_user_watches'],
]);

function watchable(path: string): Finding {
  try {
    watch(path).close();
    return ok('inotify', 'works');
  } catch (error) {
    const code = errnoOf(error);
    const limit = INOTIFY_LIMITS.get(code);
    return problem('inotify', `${code}: ${limit === undefined ? '' : `raise ${limit}; `}files are polled until then`);
  }
}
