import { setTimeout as sleep } from 'node:timers/promises';
import type { JvmReport } from '@trustcast/schema';
import { printableLine } from '@trustcast/terminal';
import type { Config } from '../config.js';
import { AttachError, ConfigError } from '../errors.js';
import { type Load, attach as attachJvm } from '../jvms/attach/attach.js';
import { Detached } from '../jvms/attach/detached.js';
import { processId } from '../jvms/processes/process-id.js';
import { type JvmProcess, JvmScanner } from '../jvms/processes/jvm-scanner.js';
import { isSelected } from '../jvms/attach/selector.js';
import { attachedNoStatus, whyNoStatus } from '../jvms/silence/why-no-status.js';
import { existingDirectory } from '../state/agent-directory.js';
import { type Command, EXIT, type Output } from './command.js';
import { hostJvms } from './host-jvms.js';

const STATUS_WAIT_MS = 10_000;
/** It is loaded, and may be late. */
const NO_STATUS = 'ATTACHED_NO_STATUS';
const HELP = `Arguments: process ids; by default, the JVMs that TRUSTCAST_ATTACH selects. TRUSTCAST_JVM_AGENT_JAR is required.
JDK 21 and later print a warning on the JVM's stderr unless it runs with -XX:+EnableDynamicAgentLoading.
Exit codes: 0 all succeeded, 1 at least one failed, 77 permission denied: run it as the agent's user or root.`;

export const attach: Command = {
  name: 'attach',
  summary: 'loads the JVM agent into running JVMs',
  help: HELP,
  needsService: 'no',
  reads: 'jvms',
  takes: 'pids',
  run: (config, output, words) => forEach(config, output, words, 'attached', load),
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

/** Resolves to what the JVM says of itself then. @throws AttachError */
type Act = (process: JvmProcess, agent: Load, config: Config, detached: Detached) => Promise<JvmReport | null>;

async function forEach(
  config: Config,
  output: Output,
  words: readonly string[],
  verb: string,
  act: Act,
): Promise<number> {
  const jar = config.jvmAgentJar;
  if (jar === undefined) throw new ConfigError(['TRUSTCAST_JVM_AGENT_JAR is required']);
  const { path, truststore, state } = existingDirectory(config.directory);
  const agent = { jar, options: `dir=${path}`, sharedFile: truststore };
  const outcomes: Outcome[] = [];
  for (const [pid, process] of wanted(config, words)) {
    const startedAt = performance.now();
    const done = (ok: boolean, state: string | null, reason: string | null): void => {
      outcomes.push({ pid, ok, ms: Math.round(performance.now() - startedAt), state, reason });
    };
    try {
      if (!process) throw new AttachError('NOT_A_JVM', 'no JVM runs under this pid');
      const report = await act(process, agent, config, new Detached(state));
      done(true, report?.state ?? null, report?.reason ?? null);
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      done(false, null, `${error.code}: ${error.message}`);
    }
  }
  print(output, outcomes, verb);
  return outcomes.every(({ ok }) => ok) ? EXIT.ok : EXIT.notOk;
}

/** The agent in the JVM starts on a thread of its own; it is connected once it has said so. */
async function load(process: JvmProcess, agent: Load, config: Config, detached: Detached): Promise<JvmReport> {
  await attachJvm(process, agent);
  detached.remove(processId(process));
  const until = Date.now() + STATUS_WAIT_MS;
  while (Date.now() < until) {
    await sleep(50);
    const report = connected(process, config);
    if (report) return report;
  }
  const why = attachedNoStatus(whyNoStatus(process, null, existingDirectory(config.directory)));
  throw new AttachError(NO_STATUS, why.slice(NO_STATUS.length + 2));
}

/** An agent of another directory is not ours to end; one that is ours is not attached again by the running agent. */
async function unload(process: JvmProcess, agent: Load, config: Config, detached: Detached): Promise<null> {
  if (!connected(process, config))
    throw new AttachError('NOT_ATTACHED', `the JVM has no status in ${config.directory}`);
  const id = processId(process);
  detached.add(id);
  try {
    await attachJvm(process, { ...agent, options: `${agent.options},detach=true` });
  } catch (error) {
    detached.remove(id);
    throw error;
  }
  return null;
}

function connected(process: JvmProcess, config: Config): JvmReport | undefined {
  return hostJvms(config).jvms.find(({ id, via }) => id === processId(process) && via !== null);
}

function wanted(config: Config, words: readonly string[]): Map<number, JvmProcess | undefined> {
  const found = new JvmScanner().scan();
  if (words.length === 0)
    return new Map(
      found.filter((process) => isSelected(config.attach, process)).map((process) => [process.pid, process]),
    );
  return new Map(words.map((word) => [Number(word), found.find(({ pid }) => pid === Number(word))]));
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
