import { setTimeout as sleep } from 'node:timers/promises';
import type { JvmReport } from '@trustcast/schema';
import type { Config } from '../config.js';
import { AttachError, ConfigError } from '../errors.js';
import { attach as attachJvm } from '../jvms/attach.js';
import { type JvmProcess, JvmScanner } from '../jvms/jvm-scanner.js';
import { isSelected } from '../jvms/selector.js';
import { existingDirectory } from '../state/agent-directory.js';
import { type Command, EXIT, type Output } from './command.js';
import { hostJvms } from './host-jvms.js';

const STATUS_WAIT_MS = 10_000;
const HELP = `Arguments: pids; without them the JVMs that TRUSTCAST_ATTACH selects. Needs TRUSTCAST_JVM_AGENT_JAR.
JDK 21 and later print a warning on the JVM's stderr unless it runs with -XX:+EnableDynamicAgentLoading.
Exit codes: 0 all done, 1 some were not, 77 not for this user.`;

export const attach: Command = {
  name: 'attach',
  summary: 'loads the JVM agent into running JVMs',
  help: HELP,
  needsService: false,
  takesPids: true,
  run: (config, output, words) => loadInto(config, output, words, ''),
};

export const detach: Command = {
  name: 'detach',
  summary: 'gives running JVMs their own behaviour back',
  help: HELP,
  needsService: false,
  takesPids: true,
  run: (config, output, words) => loadInto(config, output, words, ',detach=true'),
};

interface Outcome {
  readonly pid: number;
  readonly ok: boolean;
  readonly ms: number;
  readonly state: string | null;
  readonly reason: string | null;
}

async function loadInto(config: Config, output: Output, words: readonly string[], extra: string): Promise<number> {
  const jar = config.jvmAgentJar;
  if (jar === undefined) throw new ConfigError(['TRUSTCAST_JVM_AGENT_JAR is required']);
  const { path, truststore } = existingDirectory(config.directory);
  const load = { jar, options: `dir=${path}${extra}`, sharedFile: truststore };
  const outcomes: Outcome[] = [];
  for (const [pid, process] of wanted(config, words)) {
    const startedAt = performance.now();
    const done = (ok: boolean, state: string | null, reason: string | null): void => {
      outcomes.push({ pid, ok, ms: Math.round(performance.now() - startedAt), state, reason });
    };
    try {
      if (!process) throw new AttachError('NOT_A_JVM', 'no JVM runs under this pid');
      await attachJvm(process, load);
      const report = extra === '' ? await connected(config, pid) : null;
      done(extra !== '' || report !== null, report?.state ?? null, report ? report.reason : null);
    } catch (error) {
      if (!(error instanceof AttachError)) throw error;
      done(false, null, `${error.code}: ${error.message}`);
    }
  }
  print(output, outcomes, extra === '' ? 'attached' : 'detached');
  return outcomes.every(({ ok }) => ok) ? EXIT.ok : EXIT.notOk;
}

function wanted(config: Config, words: readonly string[]): Map<number, JvmProcess | undefined> {
  const found = new JvmScanner().scan();
  if (words.length === 0)
    return new Map(
      found.filter((process) => isSelected(config.attach, process)).map((process) => [process.pid, process]),
    );
  return new Map(words.map((word) => [Number(word), found.find(({ pid }) => pid === Number(word))]));
}

/** The agent in the JVM starts on a thread of its own; it is connected once it has said so. */
async function connected(config: Config, pid: number): Promise<JvmReport | null> {
  const until = Date.now() + STATUS_WAIT_MS;
  while (Date.now() < until) {
    await sleep(50);
    const report = hostJvms(config).find((jvm) => jvm.pid === pid && jvm.via !== null);
    if (report) return report;
  }
  return null;
}

function print({ out, json }: Output, outcomes: readonly Outcome[], verb: string): void {
  if (json) out(JSON.stringify(outcomes, null, 2));
  else if (outcomes.length === 0) out('no JVM is selected');
  else
    for (const { pid, ok, ms, state, reason } of outcomes)
      out(
        `pid ${pid}  ${ok ? verb : `not ${verb}`}${state === null ? '' : `  ${state}`}${reason === null ? '' : `  ${reason}`}  ${ms} ms`,
      );
}
