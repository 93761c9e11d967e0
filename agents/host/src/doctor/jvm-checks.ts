import { existsSync } from 'node:fs';
import type { JvmReport } from '@trustcast/schema';
import type { Config } from '../config.js';
import { AttachError } from '../errors.js';
import { refuseUnattachable } from '../jvms/attach.js';
import { describe } from '../jvms/jvm-scanner.js';
import { pathsOf } from '../state/agent-directory.js';
import { type Finding, notice, ok, problem } from './finding.js';

export function jarCheck({ jvmAgentJar: jar }: Config): Finding {
  if (jar === undefined) return notice('jar', 'TRUSTCAST_JVM_AGENT_JAR is not set: nothing can be attached');
  if (existsSync(jar)) return ok('jar', jar);
  return problem('jar', `${jar} is missing; a JVM whose -javaagent names it does not start`);
}

/** One finding per JVM: what it says, or why it could not be attached. */
export function jvmCheck(config: Config, { pid, state, reason, via, mainClass }: JvmReport): Finding {
  const check = `JVM ${pid}`;
  const name = mainClass ?? 'unknown main class';
  if (state === 'LIVE')
    return reason === null ? ok(check, `${name}: LIVE`) : notice(check, `${name}: LIVE, but ${reason}`);
  if (via !== null) return problem(check, `${name}: ${state} ${reason ?? ''}`);
  const obstacle = attachObstacle(config, pid);
  if (state === 'UNMANAGED')
    return notice(check, `${name}: not selected${obstacle === null ? '' : `, and could not be attached: ${obstacle}`}`);
  return problem(check, `${name}: ${obstacle ?? reason ?? state}`);
}

function attachObstacle({ jvmAgentJar: jar, directory }: Config, pid: number): string | null {
  const process = describe(pid);
  if (!process || jar === undefined) return null;
  try {
    refuseUnattachable(process, { jar, options: `dir=${directory}`, sharedFile: pathsOf(directory).truststore });
    return null;
  } catch (error) {
    return error instanceof AttachError ? `${error.code}: ${error.message}` : null;
  }
}
