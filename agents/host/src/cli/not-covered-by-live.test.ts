import { expect, test } from '@jest/globals';
import type { JvmReport } from '@trustcast/schema';
import { notCoveredByLive } from './not-covered-by-live.js';

const report = (more: Partial<JvmReport>): JvmReport => ({
  id: 'a'.repeat(32),
  pid: 1,
  startedAt: 0,
  jdkVersion: '17',
  mainClass: 'Main',
  via: 'agentmain',
  state: 'LIVE',
  reason: null,
  at: null,
  alsoInBase: [],
  otherTrust: [],
  olderConnections: null,
  maxEntries: null,
  lastError: null,
  partial: [],
  ...more,
});
const MAY = 'may hold open connections of before the last removal: its agent has not seen all handshakes';

test.each([
  ['nothing was removed', null, [], []],
  ['there is none', 0, [], []],
  ['there are some', 2, [], ['still holds 2 open connections of before the last removal']],
  ['there may be some', 0, ['olderConnections'], [MAY]],
  [
    'there may be more',
    2,
    ['olderConnections'],
    ['still holds at least 2 open connections of before the last removal'],
  ],
] as const)(
  'of connections of before the last removal is said, where %s, no more than is known',
  (_what, count, partial, text) => {
    expect(notCoveredByLive(report({ olderConnections: count, partial }))).toEqual(text);
  },
);
