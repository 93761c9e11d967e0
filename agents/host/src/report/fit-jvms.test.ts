import { describe, expect, test } from '@jest/globals';
import { type JvmReport, LIMITS, isIncomplete } from '@trustcast/schema';
import { type JvmListing, NOTHING_UNREAD } from '../jvms/jvm-listing.js';
import { fitJvms, sizeOf, statusBytes } from './fit-jvms.js';

function jvm(pid: number, more: Partial<JvmReport> = {}): JvmReport {
  return {
    id: pid.toString(16).padStart(32, '0'),
    pid,
    startedAt: 0,
    jdkVersion: '17',
    mainClass: 'Main',
    via: 'premain',
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
  };
}

const listing = (jvms: JvmReport[], more: Partial<JvmListing> = {}): JvmListing => ({
  jvms,
  counting: jvms.length,
  unlisted: {},
  unlistedCounting: 0,
  unread: NOTHING_UNREAD,
  hung: [],
  isScanned: true,
  ...more,
});
const aliases = (number: number): string[] =>
  Array.from({ length: number }, (_, at) => `${at}`.padEnd(255, '\u{20ac}'));
const BIG = { mainClass: '\u{20ac}'.repeat(1_024), lastError: '"'.repeat(1_024), alsoInBase: aliases(200) };

describe('the JVMs of a report', () => {
  test('are all of them, in full, where they fit', () => {
    const jvms = [jvm(1, { alsoInBase: ['a'] }), jvm(2)];
    expect(fitJvms(listing(jvms), LIMITS.agentStatusBytes)).toEqual({ jvms, leftOut: null });
  });

  test.each([2_000, 10_000, 48 * 1_024, LIMITS.agentStatusBytes])('never take more than %d bytes', (maxBytes) => {
    const jvms = Array.from({ length: 1_000 }, (_, pid) => jvm(pid, pid % 2 ? BIG : {}));
    expect(sizeOf(fitJvms(listing(jvms), maxBytes))).toBeLessThanOrEqual(maxBytes);
  });

  test('that are large are in brief, say what they lack, and take no place of others', () => {
    const jvms = [...Array.from({ length: 30 }, (_, pid) => jvm(pid, BIG)), jvm(99, { alsoInBase: ['a'] })];
    const { jvms: listed, leftOut } = fitJvms(listing(jvms), LIMITS.agentStatusBytes);
    expect(leftOut).toBeNull();
    expect(listed).toHaveLength(31);
    expect(listed.at(-1)).toEqual(jvms.at(-1));
    const short = listed.filter(({ partial }) => partial.length > 0);
    expect(short.length).toBeGreaterThan(0);
    for (const { mainClass, alsoInBase, partial } of short)
      expect([mainClass?.length, mainClass?.at(-1), alsoInBase, partial]).toEqual([128, '…', [], ['alsoInBase']]);
  });

  test('that do not fit are counted by state, and make the host incomplete', () => {
    const jvms = [...Array.from({ length: 400 }, (_, pid) => jvm(pid)), jvm(900, { state: 'FAILED' })];
    const { jvms: listed, leftOut } = fitJvms(listing(jvms), 20_000);
    expect(listed).toEqual(jvms.slice(0, listed.length));
    expect(leftOut?.jvms).toEqual({ LIVE: 400 - listed.length, FAILED: 1 });
    expect(leftOut?.reason).toBe(`JVMS_LEFT_OUT: ${401 - listed.length} JVMs are more than a report lists`);
    expect(isIncomplete(leftOut)).toBe(true);
  });

  test('that nobody selected and that never spoke are counted, and keep no host from being whole', () => {
    const jvms = [jvm(1), ...Array.from({ length: 300 }, (_, pid) => jvm(pid + 2, { state: 'UNMANAGED' }))];
    const { leftOut } = fitJvms(listing(jvms, { counting: 1, unlisted: { UNMANAGED: 5 } }), 20_000);
    expect(leftOut).toMatchObject({ reason: null, files: 0 });
    expect(isIncomplete(leftOut)).toBe(false);
  });

  test('are not all there are while files were not looked at', () => {
    const { leftOut } = fitJvms(listing([jvm(1)], { unread: { number: 7, uid: 65_534 } }), 20_000);
    expect(leftOut).toEqual({
      reason: 'JVMS_LEFT_OUT: 7 files in jvms/ are not looked at yet, most of them of uid 65534',
      jvms: {},
      files: 7,
    });
  });

  test('are not all there are while a process is left alone, which is named', () => {
    const hung = [4, 5].map((pid) => ({ pid, uid: 1_000, id: 'ab'.repeat(16) }));
    const { leftOut } = fitJvms(listing([jvm(1)], { hung }), 20_000);
    expect(leftOut?.reason).toMatch(
      /^JVMS_LEFT_OUT: looking at pid 4 of uid 1000 does not come back, .* remove state\/hung-(ab){16} once it answers; so do 1 more$/,
    );
    expect(isIncomplete(leftOut)).toBe(true);
  });
});

test('a status that fits is small enough for NATS once it is signed and in base64', () => {
  for (const maxPayload of [64 * 1_024, 512 * 1_024, 8 * 1_024 * 1_024]) {
    const bytes = statusBytes(maxPayload);
    expect(bytes).toBeLessThanOrEqual(LIMITS.agentStatusBytes);
    expect(Math.ceil(bytes / 3) * 4 + 1_024).toBeLessThanOrEqual(maxPayload);
  }
});
