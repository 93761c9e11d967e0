import type { AgentDirectory } from '../../state/agent-directory.js';
import { fairOrder } from '../fair-order.js';
import type { JvmProcess } from '../processes/jvm-scanner.js';
import { processId } from '../processes/process-id.js';
import type { Watchdog } from '../processes/watchdog.js';
import { type NamedAgent, namedAgent } from './named-agent.js';
import { type Silence, silenceOfAttached, silenceOfNamed } from './silence.js';
import { type NoStatus, whyNoStatus } from './why-no-status.js';

const AGAIN_MS = 10_000;
/** How long the JVMs are looked at in one go; the others wait for the next, each user's for their own turn. */
const BUDGET_MS = 50;

interface Diagnosis {
  readonly why: NoStatus;
  readonly at: number;
}

/** JVMs that should report, because their options name the JVM agent or it was attached, and the causes of their silence. */
export class SilentJvms {
  readonly #directory: AgentDirectory;
  readonly #jar: string | undefined;
  readonly #watchdog: Watchdog | null;
  readonly #named = new WeakMap<JvmProcess, NamedAgent | null>();
  /** When each JVM was attached first. */
  readonly #attached = new Map<string, number>();
  readonly #diagnoses = new Map<string, Diagnosis>();
  #namingIds: ReadonlySet<string> = new Set();
  #isComplete = true;

  constructor(directory: AgentDirectory, jar: string | undefined, watchdog: Watchdog | null) {
    this.#directory = directory;
    this.#jar = jar;
    this.#watchdog = watchdog;
  }

  /** False while options are left to be read. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Reads the options of new JVMs, and diagnoses the silent ones among those that should report. */
  look(processes: readonly JvmProcess[], isSilent: (process: JvmProcess) => boolean): void {
    const now = performance.now();
    const until = now + (this.#watchdog?.budgetMs(BUDGET_MS) ?? Infinity);
    this.#forgetEnded(new Set(processes.map(processId)));
    const due = (process: JvmProcess): boolean => {
      if (!this.#named.has(process)) return true;
      const at = this.#diagnoses.get(processId(process))?.at ?? -Infinity;
      return this.#isMeantToReport(process) && now - at > AGAIN_MS && isSilent(process);
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
    this.#namingIds = new Set(processes.filter((process) => this.#named.get(process)).map(processId));
  }

  #forgetEnded(alive: ReadonlySet<string>): void {
    for (const known of [this.#diagnoses, this.#attached])
      for (const id of known.keys()) if (!alive.has(id)) known.delete(id);
  }

  #isMeantToReport(process: JvmProcess): boolean {
    return this.#named.get(process) != null || this.#attached.has(processId(process));
  }

  #during(process: JvmProcess, work: () => void): void {
    if (this.#watchdog) this.#watchdog.during(process.pid, work);
    else work();
  }

  #lookAt(process: JvmProcess, isSilent: boolean): void {
    const ours = { jar: this.#jar, directory: this.#directory.path };
    if (!this.#named.has(process)) this.#named.set(process, namedAgent(process, ours));
    if (isSilent && this.#isMeantToReport(process)) this.#diagnose(process);
  }

  #diagnose(process: JvmProcess): void {
    const id = processId(process);
    // The options of one that was attached do not decide which directory it uses.
    const named = this.#attached.has(id) ? null : (this.#named.get(process) ?? null);
    const why = whyNoStatus(process, named, this.#directory);
    this.#diagnoses.set(id, { why, at: performance.now() });
  }

  /** Notes that the JVM agent was loaded into a JVM, from when on it has time for its first report. */
  noteAttached(process: JvmProcess): void {
    const id = processId(process);
    // A later attach gives it no more time.
    if (!this.#attached.has(id)) this.#attached.set(id, performance.now());
    this.#during(process, () => this.#diagnose(process));
  }

  /** True where this agent has attached the JVM with this id. */
  isAttached(id: string): boolean {
    return this.#attached.has(id);
  }

  /** True where the options of the JVM with this id name the JVM agent. */
  names(id: string): boolean {
    return this.#namingIds.has(id);
  }

  /** State and reason of a silent JVM; null where neither its options nor this agent have given it the JVM agent. */
  silenceOf(process: JvmProcess): Silence | null {
    const id = processId(process);
    const why = this.#diagnoses.get(id)?.why;
    const attachedAt = this.#attached.get(id);
    if (attachedAt !== undefined) return silenceOfAttached(why, performance.now() - attachedAt);
    return this.#named.get(process) ? silenceOfNamed(why, Date.now() - process.startedAt) : null;
  }
}
