import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '@trustcast/config';
import { printableLine } from '@trustcast/terminal';
import type { Config } from '../config.js';
import { AttachError } from '../errors.js';
import { type Load, attach as attachJvm } from '../jvms/attach/attach.js';
import { Detached } from '../jvms/attach/detached.js';
import { hungText } from '../jvms/processes/hung-process.js';
import { processId } from '../jvms/processes/process-id.js';
import { type JvmProcess, JvmScanner } from '../jvms/processes/jvm-scanner.js';
import type { Watchdog } from '../jvms/processes/watchdog.js';
import { unpackJar } from '../jvms/attach/unpack-jar.js';
import { isSelected } from '../jvms/attach/selector.js';
import { FIRST_STATUS_MS, attachedNoStatus, silenceMayEnd } from '../jvms/silence/silence.js';
import { whyNoStatus } from '../jvms/silence/why-no-status.js';
import { existingDirectory } from '../state/agent-directory.js';
import { type Command, EXIT, type Output } from './command.js';
import { hostJvms, watchCommand } from './host-jvms.js';

const STATUS_POLL_MS = 50;
/** The agent is loaded, and may be late. */
const NO_STATUS = 'ATTACHED_NO_STATUS';
const HELP = `Arguments: process ids; by default, the JVMs that TRUSTCAST_ATTACH selects. TRUSTCAST_JVM_AGENT_JAR is required.
JDK 21 and later print a warning on the JVM's stderr unless it runs with -XX:+EnableDynamicAgentLoading.
Exit codes: 0 all succeeded, 1 at least one failed, 77 permission denied: run it as the agent's user or root.
A process or a path that does not answer ends it by SIGKILL (137), with what to do on standard error.`;

export const attach: Command = {
  name: 'attach',
  summary: 'loads the JVM agent into running JVMs',
  help: HELP,
  needsService: 'no',
  reads: 'jvms',
  takes: 'pids',
  run: (config, output, words) => forEach(config, output, words, 'attached', load, firstReports),
};

export const detach: Command = {
  name: 'detach',
  summary: 'restores the original behaviour of running JVMs',
  help: `${HELP}\nA JVM stays detached, whatever TRUSTCAST_ATTACH selects, until it ends or is attached manually.`,
  needsService: 'no',
  reads: 'jvms',
  takes: 'pids',
  run: (config, output, words) => forEach(config, output, words, 'detached', unload),
};

interface Outcome {
  readonly pid: number;
  readonly ok: boolean;
  readonly ms: number;
  readonly state: string | null;
  readonly reason: string | null;
}

/** Loads the agent into a JVM, or has it end there. @throws AttachError */
type Act = (process: JvmProcess, agent: Load, host: HostAccess) => Promise<void>;

interface HostAccess {
  readonly config: Config;
  readonly detached: Detached;
  readonly watchdog: Watchdog;
}

async function forEach(
  config: Config,
  output: Output,
  words: readonly string[],
  verb: string,
  act: Act,
  report?: (started: readonly Started[], host: HostAccess) => Promise<readonly Outcome[]>,
): Promise<number> {
  const jar = config.jvmAgentJar;
  if (jar === undefined) throw new ConfigError(['TRUSTCAST_JVM_AGENT_JAR is required']);
  const { path, truststore, state } = existingDirectory(config.directory);
  unpackJar(config);
  const agent = { jar, options: `dir=${path}`, sharedFile: truststore };
  const started: Started[] = [];
  const outcomes: Outcome[] = [];
  const host = { config, detached: new Detached(state), watchdog: watchCommand(config) };
  for (const [pid, process] of requested(host, words)) {
    const startedAt = performance.now();
    try {
      if (!process) throw new AttachError('NOT_A_JVM', 'no JVM runs under this pid');
      if ('hung' in process) throw new AttachError('PROCESS_HUNG', process.hung);
      await act(process, agent, host);
      if (report) started.push({ process, startedAt });
      else outcomes.push(outcomeOf(pid, startedAt, { ok: true }));
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      outcomes.push(outcomeOf(pid, startedAt, { ok: false, reason: `${error.code}: ${error.message}` }));
    }
  }
  outcomes.push(...((await report?.(started, host)) ?? []));
  print(output, outcomes, verb);
  return outcomes.every(({ ok }) => ok) ? EXIT.ok : EXIT.notOk;
}

/** A JVM into which the agent was loaded, which starts there on a thread of its own. */
interface Started {
  readonly process: JvmProcess;
  readonly startedAt: number;
}

function outcomeOf(
  pid: number,
  startedAt: number,
  { ok, state = null, reason = null }: Partial<Outcome> & Pick<Outcome, 'ok'>,
): Outcome {
  return { pid, ok, ms: Math.round(performance.now() - startedAt), state, reason };
}

async function load(process: JvmProcess, agent: Load, { detached, watchdog }: HostAccess): Promise<void> {
  await attachJvm(process, agent, { supervise: supervisedBy(watchdog, process) });
  detached.remove(processId(process));
}

/** Waits for the first report of each JVM, unless the cause of its silence will not pass by itself. */
async function firstReports(started: readonly Started[], { config, watchdog }: HostAccess): Promise<Outcome[]> {
  const directory = existingDirectory(config.directory);
  const waiting = new Map(started.map((one) => [processId(one.process), one]));
  const outcomes: Outcome[] = [];
  const end = (id: string, { process, startedAt }: Started, outcome: Partial<Outcome> & Pick<Outcome, 'ok'>): void => {
    waiting.delete(id);
    outcomes.push(outcomeOf(process.pid, startedAt, outcome));
  };
  const until = Date.now() + FIRST_STATUS_MS;
  while (waiting.size > 0) {
    const { jvms } = hostJvms(config, watchdog);
    for (const [id, one] of waiting) {
      const report = jvms.find((jvm) => jvm.id === id && jvm.via !== null);
      if (report) end(id, one, { ok: true, state: report.state, reason: report.reason });
    }
    for (const [id, one] of waiting) {
      const why = watchdog.during(one.process.pid, () => whyNoStatus(one.process, null, directory));
      if (Date.now() > until || !silenceMayEnd(why)) end(id, one, { ok: false, reason: attachedNoStatus(why) });
    }
    if (waiting.size > 0) await sleep(STATUS_POLL_MS);
  }
  return outcomes;
}

/** An agent of another directory is not ours to end; one that is ours is not attached again by the running agent. */
async function unload(process: JvmProcess, agent: Load, { config, detached, watchdog }: HostAccess): Promise<void> {
  const id = processId(process);
  if (!hostJvms(config, watchdog).jvms.some((jvm) => jvm.id === id && jvm.via !== null))
    throw new AttachError('NOT_ATTACHED', `the JVM has no status in ${config.directory}`);
  detached.add(id);
  try {
    const supervise = supervisedBy(watchdog, process);
    await attachJvm(process, { ...agent, options: `${agent.options},detach=true` }, { supervise });
  } catch (error) {
    detached.remove(id);
    throw error;
  }
}

function supervisedBy(watchdog: Watchdog, { pid }: JvmProcess): <Result>(work: () => Result) => Result {
  return (work) => watchdog.during(pid, work);
}

/** A process that is left alone, and why. */
interface Hung {
  readonly pid: number;
  readonly hung: string;
}

/** JVMs by the pids that were named, or those that are selected and those of which nobody can tell. */
function requested(
  { config, watchdog }: HostAccess,
  words: readonly string[],
): Map<number, JvmProcess | Hung | undefined> {
  const scanner = new JvmScanner(watchdog);
  const jvms = scanner.scan();
  const hung = scanner.hung.map((process) => ({ pid: process.pid, hung: hungText(process) }));
  const selected = jvms.filter((process) => isSelected(config.attach, process));
  if (words.length === 0) return new Map([...selected, ...hung].map((process) => [process.pid, process]));
  const all = [...jvms, ...hung];
  return new Map(words.map((word) => [Number(word), all.find(({ pid }) => pid === Number(word))]));
}

function print({ out, json }: Output, outcomes: readonly Outcome[], verb: string): void {
  if (json) out(JSON.stringify(outcomes, null, 2));
  else if (outcomes.length === 0) out('no JVM is selected');
  else
    for (const { pid, ok, ms, state, reason } of outcomes)
      out(
        printableLine(
          `pid ${pid}  ${ok || reason?.startsWith(NO_STATUS) === true ? verb : `not ${verb}`}${state === null ? '' : `  ${state}`}${reason === null ? '' : `  ${reason}`}  ${ms} ms`,
        ),
      );
}
