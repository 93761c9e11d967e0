import {
  type Stats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readlinkSync,
  statSync,
  statfsSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isErrno } from '@trustcast/config';
import { O_PATH } from '../../files/open-flags.js';
import { permissionOf } from '../../files/permission.js';
import type { AgentDirectory } from '../../state/agent-directory.js';
import { javaOptions } from '../processes/java-options.js';
import { mountOf, ownMountOver } from '../processes/mounts.js';
import type { NamedAgent } from './named-agent.js';
import { pathInside } from '../processes/path-inside.js';
import { type ProcessFacts, groupsOf, readProc } from '../processes/process-facts.js';

/** Cause for which a JVM that has the JVM agent, or should have it, has not reported. */
export interface NoStatus {
  readonly code:
    | 'NOT_HANDED_ON'
    | 'DIRECTORY_NOT_NAMED'
    | 'DIRECTORY_RELATIVE'
    | 'DIRECTORY_MISSING'
    | 'DIRECTORY_NOT_SHARED'
    | 'DIRECTORY_READ_ONLY'
    | 'DIRECTORY_NOT_WRITABLE'
    | 'DIRECTORY_FULL'
    | 'OTHER_DIRECTORY'
    | 'JAR_NOT_READABLE'
    | 'SECURITY_MANAGER'
    | 'JVM_STOPPED'
    | 'NO_STATUS';
  readonly text: string;
}

const no = (code: NoStatus['code'], text: string): NoStatus => ({ code, text });
/** With `allow` or `disallow` none is set at the start; JDK 24 has none any more. */
const SECURITY_MANAGER = /^-Djava\.security\.manager(?:$|=(?!allow$|disallow$))/;
const REMEDY_NAME = 'name the directory of the agent, as an absolute path, after dir=';

/**
 * Diagnoses from outside why a JVM has not reported, with paths as the JVM sees them. File systems of the JVM may block: call it
 * under a watchdog.
 *
 * @param named the agent that its options name; null where it was attached
 */
export function whyNoStatus(process: ProcessFacts, named: NamedAgent | null, ours: AgentDirectory): NoStatus {
  const directory = named ? named.directory : ours.path;
  const path = resolve(workingDirectoryOf(process), directory ?? '');
  const another = named === null || directory === null ? null : ofAnother(process, { ...named, directory }, path, ours);
  if (another) return another;
  if (named?.isRead === false)
    return no(
      'NOT_HANDED_ON',
      `${named.from} names the jar and the command line does not: its start script must hand it on`,
    );
  if (directory === null)
    return no('DIRECTORY_NOT_NAMED', `-javaagent of ${named?.from ?? ''} has no dir=: ${REMEDY_NAME}`);
  const rights = new Rights(process);
  return (
    ofDirectory(process, directory, path, ours, rights) ??
    ofJar(process, named, rights) ??
    (javaOptions(process).some(({ text }) => SECURITY_MANAGER.test(text))
      ? no('SECURITY_MANAGER', 'it runs with a Security Manager, whose policy must grant the jar AllPermission')
      : null) ??
    (/^State:\s*[Tt]/m.test(readProc(`/proc/${process.pid}/status`) ?? '')
      ? no('JVM_STOPPED', 'the process is stopped by a signal')
      : no('NO_STATUS', `it is late, or its agent could not start: its standard error may say why${rights.doubts}`))
  );
}

/** Working directory of a process, where relative paths begin. */
function workingDirectoryOf({ pid }: ProcessFacts): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '/';
  }
}

/** The cause for a JVM that belongs to another agent, or to none that this agent knows; null where it belongs to this one. */
function ofAnother(
  { pid }: ProcessFacts,
  { jar, directory, isOtherJar }: NamedAgent & { readonly directory: string },
  path: string,
  ours: AgentDirectory,
): NoStatus | null {
  const inside = pathInside(pid, path);
  if (path === ours.path || [inside, path].some((seen) => isSameAs(join(seen, 'jvms'), ours.jvms))) return null;
  if (isAgents(inside) || isAgents(path)) return no('OTHER_DIRECTORY', `it is of the agent of ${directory}`);
  if (!directory.startsWith('/')) return null;
  if (isOtherJar) return no('OTHER_DIRECTORY', `neither dir=${directory} nor ${jar} is this agent’s`);
  return isClosed(join(inside, 'jvms'))
    ? no('OTHER_DIRECTORY', `dir=${directory} is not this agent’s, which may not look into it`)
    : null;
}

function ofDirectory(
  process: ProcessFacts,
  named: string,
  path: string,
  ours: AgentDirectory,
  rights: Rights,
): NoStatus | null {
  const isRelative = !named.startsWith('/');
  const relative = no(
    'DIRECTORY_RELATIVE',
    `dir=${named} is no absolute path, and leads elsewhere: ${REMEDY_NAME}, ${ours.path}`,
  );
  const inside = pathInside(process.pid, path);
  let folder: number;
  try {
    folder = openSync(join(inside, 'jvms'), O_PATH | constants.O_DIRECTORY);
  } catch (error) {
    if (isRelative) return relative;
    if (isErrno(error, 'EACCES')) return null;
    const mount = ownMountOver(process.pid, path);
    if (mount !== null) return notShared(path, mount);
    return no('DIRECTORY_MISSING', `dir=${named} is not the directory of any agent: ${REMEDY_NAME}, ${ours.path}`);
  }
  try {
    const stat = fstatSync(folder);
    if (!isSame(stat, ours.jvms)) {
      if (path === ours.path) return notShared(path, ownMountOver(process.pid, path));
      if (isRelative) return relative;
      return no('DIRECTORY_MISSING', `dir=${named} is not the directory of any agent: ${REMEDY_NAME}, ${ours.path}`);
    }
    if (mountOf(process.pid, folder)?.isReadOnly === true)
      return no(
        'DIRECTORY_READ_ONLY',
        `${ours.jvms} is read-only for it (ProtectSystem=): its unit needs ReadWritePaths=${ours.jvms}`,
      );
    const closed = unsearchable(rights, ours.jvms);
    if (closed !== null || rights.lacks(0o2, stat, ours.jvms))
      return no('DIRECTORY_NOT_WRITABLE', `uid ${process.uid} may not write into ${closed ?? ours.jvms}`);
    const { bavail, files, ffree } = statfsSync(ours.jvms);
    if (bavail === 0 || (files > 0 && ffree === 0))
      return no('DIRECTORY_FULL', `the file system of ${ours.jvms} has no ${bavail === 0 ? 'room' : 'inodes'} left`);
    return null;
  } finally {
    closeSync(folder);
  }
}

const BY_SYSTEMD: readonly (readonly [RegExp, string])[] = [
  [/^\/(var\/)?tmp(\/|$)/, ' (PrivateTmp=)'],
  [/^\/(home|root|run\/user)(\/|$)/, ' (ProtectHome=)'],
];

function notShared(path: string, mount: string | null): NoStatus {
  const by = BY_SYSTEMD.find(([pattern]) => mount !== null && pattern.test(mount))?.[1] ?? '';
  const why = mount === null ? 'its root or its mounts are others' : `it has something of its own at ${mount}${by}`;
  return no('DIRECTORY_NOT_SHARED', `it does not see ${path} as the agent does: ${why}`);
}

/** True for the directory of any agent, present or former. One that has just started has no truststore yet. */
function isAgents(path: string): boolean {
  const found = ['state', 'jvms', 'truststore.p12'].filter((name) => existsSync(join(path, name)));
  return found.length >= 2;
}

/** True where this process may not read. */
function isClosed(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return isErrno(error, 'EACCES', 'EPERM');
  }
}

function isSameAs(path: string, other: string): boolean {
  try {
    return isSame(statSync(path), other);
  } catch {
    return false;
  }
}

function isSame({ dev, ino }: Stats, path: string): boolean {
  try {
    const other = statSync(path);
    return other.dev === dev && other.ino === ino;
  } catch {
    return false;
  }
}

const VERBS: Readonly<Record<number, string>> = { 1: 'search', 2: 'write into', 4: 'read' };

/** Access rights of a process, and the doubts where a list of access control decides. */
class Rights {
  readonly #process: ProcessFacts;
  readonly #doubts: string[] = [];

  constructor(process: ProcessFacts) {
    this.#process = process;
  }

  /** True where the process certainly lacks the right; an access control list that decides is noted as a doubt. */
  lacks(right: 1 | 2 | 4, stat: Stats, path: string, name = path): boolean {
    const { pid, uid, gid } = this.#process;
    const answer = permissionOf({ uid, gids: [gid, ...groupsOf(pid)] }, stat, right, path);
    if (answer === 'unknown') this.#doubts.push(`uid ${uid} may ${VERBS[right]} ${name}`);
    return answer === 'no';
  }

  get doubts(): string {
    return this.#doubts.map((doubt) => `; whether ${doubt} its list of access control decides (getfacl)`).join('');
  }
}

/** The outermost directory of a path that the process may not search; null where there is none. */
function unsearchable(rights: Rights, path: string): string | null {
  if (path === '/') return null;
  const before = unsearchable(rights, dirname(path));
  if (before !== null) return before;
  return rights.lacks(0o1, statSync(path), path) ? path : null;
}

function ofJar(process: ProcessFacts, named: NamedAgent | null, rights: Rights): NoStatus | null {
  if (named === null) return null;
  const inside = pathInside(process.pid, resolve(workingDirectoryOf(process), named.jar));
  try {
    if (!rights.lacks(0o4, statSync(inside), inside, named.jar)) return null;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) return null;
  }
  return no('JAR_NOT_READABLE', `uid ${process.uid} cannot read ${named.jar}`);
}
