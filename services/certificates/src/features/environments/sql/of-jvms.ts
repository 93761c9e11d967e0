import { kindsUsedBy } from '@trustcast/schema';

/** Condition of an environment `e` whose certificates are used by JVMs. */
export const OF_JVMS = `e.kind = ANY ('{${kindsUsedBy('JVMS').join(',')}}')`;
