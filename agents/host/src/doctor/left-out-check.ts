import { type LeftOut, isIncomplete } from '@trustcast/schema';
import { leftOutText } from '../cli/not-covered-by-live.js';
import { type Finding, notice, problem } from './finding.js';

/** Finds a report that does not list all JVMs; the host is not LIVE where one that counts may be missing. */
export function leftOutCheck(leftOut: LeftOut | null): Finding[] {
  if (leftOut === null) return [];
  return [(isIncomplete(leftOut) ? problem : notice)('JVMs', leftOutText(leftOut))];
}
