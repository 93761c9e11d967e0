import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { plainText } from '@trustcast/schema';
import { type ProcessFacts, exeOf, readProcess, startTicksOf } from './process-facts.js';

/** A Java process of this host. */
export interface JvmProcess extends ProcessFacts {
  /** From `-jar` or the first argument that is no option; null when the command line does not tell. */
  readonly mainClass: string | null;
  /** As its `release` file says. */
  readonly jdkVersion: string | null;
  readonly vendor: 'hotspot' | 'openj9';
}

/** A process may load libjvm.so some time after its exec. */
const YOUNG_MS = 30_000;

interface Known {
  readonly startTicks: number;
  readonly exe: string | null;
  readonly firstSeenAt: number;
  readonly jvm: JvmProcess | null;
}

/** Finds Java processes through /proc; what a process is, is looked at once. */
export class JvmScanner {
  #known = new Map<number, Known>();

  scan(): JvmProcess[] {
    const seen = new Map<number, Known>();
    const now = Date.now();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const known = this.#look(pid, now);
      if (known) seen.set(pid, known);
    }
    this.#known = seen;
    return [...seen.values()].flatMap(({ jvm }) => (jvm ? [jvm] : []));
  }

  #look(pid: number, now: number): Known | null {
    const startTicks = startTicksOf(pid);
    if (startTicks === null) return null;
    const exe = exeOf(pid);
    const before = this.#known.get(pid);
    // exec() keeps pid and start ticks and changes the executable.
    const same = before?.startTicks === startTicks && before.exe === exe ? before : null;
    if (same && (same.jvm || now - same.firstSeenAt > YOUNG_MS)) return same;
    return { startTicks, exe, firstSeenAt: same?.firstSeenAt ?? now, jvm: describe(pid, exe) };
  }
}

/** Null when the process is none, or its memory map may not be read. */
export function describe(pid: number, exe: string | null = exeOf(pid)): JvmProcess | null {
  const library = exe === null ? undefined : libjvmOf(pid);
  const facts = library === undefined ? null : readProcess(pid);
  if (!facts || library === undefined) return null;
  return {
    ...facts,
    mainClass: mainClassOf(facts.command),
    jdkVersion: jdkVersionOf(pid, library),
    vendor: /\/(j9vm|default|compressedrefs)\/libj9vm|\/j9vm\//.test(library) ? 'openj9' : 'hotspot',
  };
}

function libjvmOf(pid: number): string | undefined {
  try {
    return /^.* (\/.*\/libjvm\.so)(?: \(deleted\))?$/m.exec(readFileSync(`/proc/${pid}/maps`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** `<home>/lib/server/libjvm.so`, or `<home>/jre/lib/amd64/server/libjvm.so` on JDK 8. */
function jdkVersionOf(pid: number, library: string): string | null {
  for (const up of ['../../..', '../../../..', '../../../../..']) {
    try {
      const release = readFileSync(join(`/proc/${pid}/root`, library, up, 'release'), 'utf8');
      const version = /^JAVA_VERSION="([!#-~]{1,128})"/m.exec(release)?.[1];
      if (version !== undefined) return version;
    } catch {
      // Not here.
    }
  }
  return null;
}

const WITH_VALUE = new Set([
  '-cp',
  '-classpath',
  '--class-path',
  '-p',
  '--module-path',
  '--upgrade-module-path',
  '--add-modules',
  '--add-opens',
  '--add-exports',
  '--add-reads',
  '--patch-module',
  '--limit-modules',
  '--source',
]);

/** What a Java command line runs. Any user may start a JVM with any arguments. */
export function mainClassOf(command: readonly string[]): string | null {
  for (let index = 1; index < command.length; index += 1) {
    const argument = command[index] ?? '';
    if (argument === '-jar' || argument === '-m' || argument === '--module')
      return plainText(basename(command[index + 1] ?? '')) || null;
    if (WITH_VALUE.has(argument)) index += 1;
    else if (!argument.startsWith('-') && !argument.startsWith('@')) return plainText(argument);
  }
  return null;
}
