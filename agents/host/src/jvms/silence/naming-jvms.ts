import type { JvmReport } from '@trustcast/schema';
import type { AgentDirectory } from '../../state/agent-directory.js';
import { fairOrder } from '../fair-order.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import { type NamedAgent, namedAgent } from './named-agent.js';
import { processId } from '../processes/process-id.js';
import type { Watchdog } from '../processes/watchdog.js';
import { type NoStatus, whyNoStatus } from './why-no-status.js';

/** A JVM that starts gives its first status within this, also on a busy host. */
const STARTING_MS = 30_000;
const AGAIN_MS = 10_000;
/** How long the JVMs are looked at in one go; the others wait for the next, each user's for their own turn. */
const BUDGET_MS = 50;

/** What to say of a JVM that names the JVM agent and has given no status. */
export interface Silence extends Pick<JvmReport, 'state'> {
  readonly reason: string;
}

interface Look {
  readonly why: NoStatus;
  readonly at: number;
}

/** The JVMs whose options name the JVM agent: they count although they may have said nothing, and this finds out why. */
export class NamingJvms {
  readonly #directory: AgentDirectory;
  readonly #jar: string | undefined;
  readonly #watchdog: Watchdog | null;
  readonly #named = new WeakMap<JvmProcess, NamedAgent | null>();
  readonly #looks = new Map<string, Look>();
  #ids: ReadonlySet<string> = new Set();
  #isComplete = true;

  constructor(directory: AgentDirectory, jar: string | undefined, watchdog: Watchdog | null) {
    this.#directory = directory;
    this.#jar = jar;
    this.#watchdog = watchdog;
  }

  /** False while options are left to be looked at. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Reads the options of JVMs that are new, and looks for what keeps the silent ones among those that name the agent. */
  look(processes: readonly JvmProcess[], isSilent: (process: JvmProcess) => boolean): void {
    const now = performance.now();
    const until = this.#watchdog ? now + BUDGET_MS : Infinity;
    const ids = new Set(processes.map(processId));
    for (const id of this.#looks.keys()) if (!ids.has(id)) this.#looks.delete(id);
    const due = (process: JvmProcess): boolean => {
      if (!this.#named.has(process)) return true;
      const at = this.#looks.get(processId(process))?.at ?? -Infinity;
      return this.#named.get(process) !== null && now - at > AGAIN_MS && isSilent(process);
    };
    this.#isComplete = true;
    for (const process of fairOrder(
      processes.filter(due),
      (one) => (this.#named.has(one) ? 1 : 0),
      ({ uid }) => uid,
    )) {
      if (performance.now() <= until) this.#during(process, () => this.#lookAt(process, isSilent(process)));
      else if (!this.#named.has(process)) this.#isComplete = false;
    }
    this.#ids = new Set(processes.filter((process) => this.#named.get(process)).map(processId));
  }

  #during(process: JvmProcess, work: () => void): void {
    if (this.#watchdog) this.#watchdog.during(process.pid, work);
    else work();
  }

  #lookAt(process: JvmProcess, isSilent: boolean): void {
    const ours = { jar: this.#jar, directory: this.#directory.path };
    const named = this.#named.has(process) ? (this.#named.get(process) ?? null) : namedAgent(process, ours);
    this.#named.set(process, named);
    if (named === null || !isSilent) return;
    const why = whyNoStatus(process, named, this.#directory);
    this.#looks.set(processId(process), { why, at: performance.now() });
  }

  /** True where the options of the JVM with this id name the JVM agent. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** What to say of a silent JVM; null where its options do not name the agent. */
  silenceOf(process: JvmProcess): Silence | null {
    const named = this.#named.get(process) ?? null;
    if (named === null) return null;
    const why = this.#looks.get(processId(process))?.why;
    if (why?.code === 'OTHER_DIRECTORY') return { state: 'UNMANAGED', reason: reasonOf(why) };
    // What may still come by itself is no failure yet.
    const isYoung = Date.now() - process.startedAt < STARTING_MS;
    if (why === undefined || (isYoung && (why.code === 'NO_STATUS' || why.code === 'NOT_HANDED_ON')))
      return { state: 'LOADED', reason: 'STARTING: its options name the JVM agent, which has said nothing yet' };
    return { state: 'FAILED', reason: reasonOf(why) };
  }
}

function reasonOf({ code, text }: NoStatus): string {
  return `${code}: ${text}`;
}
