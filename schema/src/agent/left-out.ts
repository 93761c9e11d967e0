import * as decode from '../text/decode.js';
import { JVM_STATES, type JvmState } from '../jvm/jvm-state.js';

/** What a report does not list, because there is too much of it or because a process does not answer. */
export interface LeftOut {
  /** `JVMS_LEFT_OUT: detail`; null where only JVMs are missing that nobody selected and that never spoke. */
  readonly reason: string | null;
  /** How many JVMs are missing, by what would be said of them. */
  readonly jvms: Readonly<Partial<Record<JvmState, number>>>;
  /** Files of `jvms/` that were not looked at. Of how many JVMs they are, nobody knows. */
  readonly files: number;
}

/** True where a JVM that counts may be missing: LIVE of the others is not LIVE of the host. */
export function isIncomplete(leftOut: LeftOut | null): boolean {
  if (leftOut === null) return false;
  const { UNMANAGED: _unmanaged, ...counting } = leftOut.jvms;
  return leftOut.reason !== null || leftOut.files > 0 || Object.values(counting).some((number) => number > 0);
}

/** Reads it from untrusted JSON. @throws MalformedError */
export function decodeLeftOut(value: unknown, field: string): LeftOut {
  const { reason, jvms, files } = decode.object(value, field);
  return {
    reason: decode.nullable(reason, `${field}.reason`, (text, path) => decode.text(text, path)),
    jvms: Object.fromEntries(
      Object.entries(decode.object(jvms, `${field}.jvms`)).map(([state, number]) => [
        decode.oneOf(state, `${field}.jvms`, JVM_STATES),
        decode.int32(number, `${field}.jvms.${state}`),
      ]),
    ),
    files: decode.int32(files, `${field}.files`),
  };
}
