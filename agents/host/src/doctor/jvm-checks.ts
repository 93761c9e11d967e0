import { DETACHED } from '../jvms/attach/detached.js';
import { realpathSync } from 'node:fs';
import { type Entry, type JvmReport, type Position, comparePositions, formatPosition } from '@trustcast/schema';
import type { Config } from '../config.js';
import { notCoveredByLive } from '../cli/not-covered-by-live.js';
import { AttachError } from '../errors.js';
import { refuseUnattachable } from '../jvms/attach/attach.js';
import { jarProblem } from '../jvms/attach/jar-problem.js';
import { describeJvm } from '../jvms/processes/jvm-scanner.js';
import { pathsOf } from '../state/agent-directory.js';
import { difference } from './base-checks.js';
import { type Finding, notice, ok, problem } from './finding.js';
import { otherFile, ownBase } from './jvm-view.js';

export function jarCheck({ jvmAgentJar: jar }: Config): Finding {
  if (jar === undefined) return notice('jar', 'TRUSTCAST_JVM_AGENT_JAR is not set: nothing can be attached');
  const wrong = jarProblem(jar);
  return wrong === null ? ok('jar', jar) : problem('jar', wrong);
}

/** Reports the state of a JVM, or why it could not be attached. A JVM that is not selected is no problem. */
export function jvmCheck(config: Config, jvm: JvmReport, written: Position | null): Finding {
  const { pid, state, reason, via, at } = jvm;
  const check = `JVM ${pid}`;
  const name = jvm.mainClass ?? 'unknown main class';
  if (via === null) {
    const obstacle = attachObstacle(config, pid);
    const known = reason?.startsWith('ATTACH_PENDING') === true ? null : reason;
    if (state === 'LOADED') return notice(check, `${name}: ${reason ?? state}`);
    if (state !== 'UNMANAGED') return problem(check, `${name}: ${known ?? obstacle ?? reason ?? state}`);
    if (known !== null && known !== DETACHED) return notice(check, `${name}: ${known}`);
    const why = known === DETACHED ? 'detached by hand' : 'not selected';
    return notice(check, `${name}: ${why}${obstacle === null ? '' : `, and could not be attached: ${obstacle}`}`);
  }
  const said = [`${name}: ${state}`, ...(reason === null ? [] : [reason])].join(state === 'LIVE' ? ', but ' : ' ');
  const { truststore } = pathsOf(realpathSync(config.directory));
  const other = otherFile(pid, /^OTHER_FILE: (.+)$/.exec(reason ?? '')?.[1] ?? truststore, truststore);
  if (other !== null) return problem(check, `${said}; ${other}`);
  if (state !== 'LIVE') return problem(check, said);
  if (written && (!at || comparePositions(at, written) < 0))
    return problem(
      check,
      `${said} at ${at ? formatPosition(at) : 'no revision'}, while ${formatPosition(written)} is written`,
    );
  return reason === null ? ok(check, said) : notice(check, said);
}

/** Lists what LIVE does not cover in a connected JVM, and the last error of its agent. */
export function jvmBesideCheck(jvm: JvmReport): Finding[] {
  const error = jvm.lastError === null ? [] : [`its agent met: ${jvm.lastError}`];
  return [...notCoveredByLive(jvm), ...error].map((text) => notice(`JVM ${jvm.pid}`, text));
}

/** Finds a connected JVM whose own CAs differ from the base of the agent. */
export function jvmBaseCheck(config: Config, { pid, via }: JvmReport, base: readonly Entry[]): Finding[] {
  const process = via === null || base.length === 0 ? null : describeJvm(pid);
  const own = process && ownBase(process, pathsOf(realpathSync(config.directory)).truststore);
  const different = own && difference(base, own.entries);
  return different ? [notice(`base of JVM ${pid}`, `${own.path} ${different}, against the base of the agent`)] : [];
}

function attachObstacle({ jvmAgentJar: jar, directory }: Config, pid: number): string | null {
  const process = describeJvm(pid);
  if (!process || jar === undefined) return null;
  const real = realpathSync(directory);
  try {
    refuseUnattachable(process, { jar, options: `dir=${real}`, sharedFile: pathsOf(real).truststore });
    return null;
  } catch (error) {
    return error instanceof AttachError ? `${error.code}: ${error.message}` : null;
  }
}
