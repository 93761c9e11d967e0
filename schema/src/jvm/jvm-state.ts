import { JVM_REPORTED_STATES } from './jvm-status.js';

/** What an agent says of a JVM: its own words, or UNMANAGED for one that nobody selected. */
export const JVM_STATES = [...JVM_REPORTED_STATES, 'UNMANAGED'] as const;
export type JvmState = (typeof JVM_STATES)[number];
