import { optionsOf } from './attach-is-off.js';
import type { JvmProcess } from './jvm-scanner.js';

/** With `allow` or `disallow` none is set at the start; JDK 24 has none any more. */
const SECURITY_MANAGER = /-Djava\.security\.manager(?=\s|$|=(?!allow(?:\s|$)|disallow(?:\s|$)))/;

/** Why a JVM that was attached has said nothing, as far as that can be seen from outside. */
export function noStatusReason(process: JvmProcess): string {
  return SECURITY_MANAGER.test(optionsOf(process))
    ? 'it runs with a Security Manager, whose policy must grant the jar AllPermission'
    : 'it is late, or its agent could not start';
}
