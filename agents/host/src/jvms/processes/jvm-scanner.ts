import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { plainText } from '@trustcast/schema';
import { readCarefully } from '../../files/careful-file.js';
import { WITH_VALUE } from './java-options.js';
import { mappedPath } from './memory-map.js';
import type { HungProcess } from './hung-process.js';
import { type ProcessFacts, effectiveUidOf, exeOf, readProcess, startTicksOf, threadsOf } from './process-facts.js';
import { processId } from './process-id.js';
import type { Watchdog } from './watchdog.js';

/** A Java process of this host. */
export interface JvmProcess extends ProcessFacts {
  /** From `-jar` or the first argument that is no option; null when the command line does not tell. */
  readonly mainClass: string | null;
  /** As its `release` file says. */
  readonly jdkVersion: string | null;
  readonly vendor: 'hotspot' | 'openj9';
  /** The libjvm.so that it runs, as its mount namespace names it. */
  readonly library: string;
}

const RELEASE_BYTES = 64 * 1_024;
/** A process may load libjvm.so some time after its exec. */
const YOUNG_MS = 30_000;

/**
 * Time budget of one scan for new processes: nothing else runs meanwhile, and any user may start thousands with maps of
 * megabytes. The others wait for the next scan, users in turn.
 */
const BUDGET_MS = 100;
const MIN_THREADS = 4;

interface Known {
  readonly startTicks: number;
  readonly exe: string | null;
  readonly firstSeenAt: number;
  readonly jvm: JvmProcess | null;
  /** True where nobody looks at it any more. */
  readonly isHung: boolean;
  /** Number of inspections. */
  readonly looks: number;
}

/** Finds Java processes through /proc; each process is inspected once. */
export class JvmScanner {
  readonly #watchdog: Watchdog | null;
  readonly #budgetMs: number;
  #known = new Map<number, Known>();
  #isComplete = true;

  /** @param watchdog null: an inspection may block for ever, and a scan has no time limit */
  constructor(watchdog: Watchdog | null = null, budgetMs = watchdog?.budgetMs(BUDGET_MS) ?? Infinity) {
    this.#watchdog = watchdog;
    this.#budgetMs = budgetMs;
  }

  /** False while processes are left to inspect. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Ids of all processes of the last scan, JVMs or not. */
  runningIds(): Set<string> {
    return new Set([...this.#known].map(([pid, { startTicks }]) => processId({ pid, startTicks })));
  }

  /** Processes of the last scan that a look hung on: whether they are JVMs, nobody knows. */
  get hung(): HungProcess[] {
    return [...this.#known]
      .filter(([, { isHung }]) => isHung)
      .map(([pid, { startTicks }]) => ({ pid, uid: effectiveUidOf(pid), id: processId({ pid, startTicks }) }));
  }

  scan(): JvmProcess[] {
    const hung = this.#watchdog?.hungOn() ?? new Set();
    const seen = new Map<number, Known>();
    const fresh = new Map<number, Known>();
    const now = Date.now();
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      const startTicks = Number.isInteger(pid) ? startTicksOf(pid) : null;
      if (startTicks === null) continue;
      const exe = exeOf(pid);
      const before = this.#known.get(pid);
      // exec() keeps pid and start ticks and changes the executable.
      const isHung = hung.size > 0 && hung.has(processId({ pid, startTicks }));
      const isSame = before?.startTicks === startTicks && before.exe === exe && before.isHung === isHung;
      const same = isSame ? before : null;
      if (same && (same.jvm || now - same.firstSeenAt > YOUNG_MS)) seen.set(pid, same);
      else fresh.set(pid, same ?? { startTicks, exe, firstSeenAt: now, jvm: null, isHung, looks: 0 });
    }
    const waiting = [...fresh].sort(([, a], [, b]) => a.looks - b.looks);
    const turns = inTurns(waiting, ([pid]) => effectiveUidOf(pid));
    const until = performance.now() + this.#budgetMs;
    this.#isComplete = true;
    for (const [pid, known] of turns) {
      if (performance.now() <= until) {
        seen.set(pid, { ...known, jvm: this.#look(pid, known), looks: known.looks + 1 });
      } else {
        // A process without a turn is as young as when it was found.
        seen.set(pid, known.looks === 0 ? { ...known, firstSeenAt: now } : known);
        if (known.looks === 0) this.#isComplete = false;
      }
    }
    this.#known = seen;
    return [...seen.values()].flatMap(({ jvm }) => (jvm ? [jvm] : []));
  }

  #look(pid: number, { exe, isHung }: Known): JvmProcess | null {
    // HotSpot has a dozen, whatever it is told; most processes have one, and maps are long.
    if (isHung || threadsOf(pid) < MIN_THREADS) return null;
    return this.#watchdog ? this.#watchdog.during(pid, () => describeJvm(pid, exe)) : describeJvm(pid, exe);
  }
}

/** Merges groups: the first of each, then the second of each. */
function inTurns<Item>(items: readonly Item[], groupOf: (item: Item) => unknown): Item[] {
  const groups = new Map<unknown, Item[]>();
  for (const item of items) {
    const group = groupOf(item);
    const others = groups.get(group);
    if (others) others.push(item);
    else groups.set(group, [item]);
  }
  const turns: Item[] = [];
  for (let turn = 0; turns.length < items.length; turn += 1)
    for (const group of groups.values()) turns.push(...group.slice(turn, turn + 1));
  return turns;
}

/** Describes a JVM; null where the process is none, or where its memory map may not be read. */
export function describeJvm(pid: number, exe: string | null = exeOf(pid)): JvmProcess | null {
  const library = exe === null ? null : mappedPath(pid, (path) => path.endsWith('/libjvm.so'));
  const facts = library === null ? null : readProcess(pid);
  if (!facts || library === null) return null;
  return {
    ...facts,
    mainClass: mainClassOf(facts.command),
    jdkVersion: jdkVersionOf(facts, library),
    vendor: library.includes('/j9vm/') ? 'openj9' : 'hotspot',
    library,
  };
}

/** `<home>/lib/server/libjvm.so`, or `<home>/jre/lib/amd64/server/libjvm.so` on JDK 8. */
function jdkVersionOf({ pid, uid, gid }: ProcessFacts, library: string): string | null {
  const caution = { maxBytes: RELEASE_BYTES, root: `/proc/${pid}/root`, links: false, readableBy: { uid, gid } };
  for (const up of ['../../..', '../../../..', '../../../../..']) {
    try {
      const release = readCarefully(join(library, up, 'release'), caution).bytes.toString('latin1');
      const version = /^JAVA_VERSION="([!#-~]{1,128})"/m.exec(release)?.[1];
      if (version !== undefined) return version;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Main class or jar of a Java command line. Any user may start a JVM with any arguments. */
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
