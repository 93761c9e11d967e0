import type { JvmReport } from '@trustcast/schema';
import type { NoStatus } from './why-no-status.js';

/** How long a JVM has for its first status, from its start or from when it was attached: a busy host needs seconds. */
export const FIRST_STATUS_MS = 30_000;

/** Causes that may pass, or that only may be the cause. The others keep a JVM from ever reporting. */
const MAY_PASS: ReadonlySet<NoStatus['code']> = new Set(['NO_STATUS', 'NOT_HANDED_ON', 'SECURITY_MANAGER']);

/** State and reason of a JVM that has, or should have, the JVM agent and has not reported. */
export interface Silence extends Pick<JvmReport, 'state'> {
  readonly reason: string;
}

/** True where a JVM with this cause may still report. */
export function silenceMayEnd({ code }: NoStatus): boolean {
  return MAY_PASS.has(code);
}

/**
 * Classifies a silent JVM whose options name the JVM agent.
 *
 * @param why the cause; undefined while nobody has looked
 * @param silentMs for how long it runs
 */
export function silenceOfNamed(why: NoStatus | undefined, silentMs: number): Silence {
  if (why?.code === 'OTHER_DIRECTORY') return { state: 'UNMANAGED', reason: reasonOf(why) };
  if (why === undefined || isStarting(why, silentMs))
    return starting('its options name the JVM agent, which has not reported yet', why);
  return { state: 'FAILED', reason: reasonOf(why) };
}

/** Classifies a silent JVM that was attached so many milliseconds ago. */
export function silenceOfAttached(why: NoStatus | undefined, silentMs: number): Silence {
  if (why === undefined || isStarting(why, silentMs))
    return starting('the JVM agent is attached and has not reported yet', why);
  return { state: 'FAILED', reason: attachedNoStatus(why) };
}

/** The reason of a JVM that was attached and has not reported. */
export function attachedNoStatus(why: NoStatus): string {
  return `ATTACHED_NO_STATUS: ${why.code === 'NO_STATUS' ? why.text : reasonOf(why)}`;
}

function isStarting(why: NoStatus, silentMs: number): boolean {
  return silentMs < FIRST_STATUS_MS && silenceMayEnd(why);
}

function starting(text: string, why: NoStatus | undefined): Silence {
  const suspicion = why === undefined || why.code === 'NO_STATUS' ? '' : `; ${reasonOf(why)}`;
  return { state: 'LOADED', reason: `STARTING: ${text}${suspicion}` };
}

function reasonOf({ code, text }: NoStatus): string {
  return `${code}: ${text}`;
}
