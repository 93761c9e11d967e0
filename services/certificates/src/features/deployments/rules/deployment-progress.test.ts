import { describe, expect, test } from '@jest/globals';
import type { HostReportedState, JvmReport, Position } from '@trustcast/schema';
import type { AgentRecord } from '../../records/agent-record.js';
import { type FleetAgent, environmentProgress, environmentTargets, fleetOf } from './deployment-progress.js';

const HERE: Position = { epoch: 2, revision: 5 };
const BEFORE: Position = { epoch: 2, revision: 4 };
const EPOCH_BEFORE: Position = { epoch: 1, revision: 99 };
const ID = (digit: string) => digit.repeat(32);

function jvm(digit: string, at: Position | null, state: JvmReport['state'] = 'LIVE'): JvmReport {
  return {
    id: ID(digit),
    pid: 1,
    startedAt: 0,
    jdkVersion: null,
    mainClass: null,
    via: null,
    state,
    reason: null,
    at,
    alsoInBase: [],
    otherTrust: [],
    olderConnections: null,
    maxEntries: null,
    lastError: null,
    partial: [],
  };
}

function agent(
  id: string,
  written: Position | null,
  jvms: JvmReport[] = [],
  {
    state = 'WRITTEN',
    ageMs = 0,
    diverged = false,
    incomplete = false,
  }: { state?: HostReportedState; ageMs?: number; diverged?: boolean; incomplete?: boolean } = {},
): AgentRecord {
  return {
    id,
    name: id,
    environmentId: 'e',
    hostname: null,
    agentVersion: null,
    createdAt: '',
    registeredAt: null,
    joined: true,
    setAside: null,
    revoked: null,
    status: {
      receivedAt: '',
      ageMs,
      lateMs: null,
      clocksCompared: true,
      state,
      reason: null,
      written,
      managed: 0,
      base: 0,
      facts: {},
      clockOffsetMs: null,
      refused: {},
      jvms,
      leftOut: incomplete ? { reason: 'JVMS_LEFT_OUT: 1', jvms: { LOADED: 1 }, files: 0 } : null,
      incomplete,
      quarantine: null,
      diverged,
      bootId: null,
      duplicate: null,
    },
  };
}

/** @param members hosts that joined before the deployment @param memberJvms JVMs that did, each by host and JVM */
function progress(agents: AgentRecord[], members: string[], memberJvms: string[] = []) {
  const joinedRevision = (isMember: boolean) => (isMember ? HERE.revision - 1 : HERE.revision);
  const fleet = agents.map((record): FleetAgent => {
    const jvms = record.status?.jvms ?? [];
    return {
      ...record,
      joinedRevision: joinedRevision(members.includes(record.id)),
      jvmsJoined: Object.fromEntries(
        jvms.map(({ id }) => [id, joinedRevision(memberJvms.some((digit) => ID(digit) === id))]),
      ),
    };
  });
  return { ...environmentProgress(HERE, fleetOf(fleet)), targets: environmentTargets(HERE, fleet) };
}

describe('the progress in an environment', () => {
  test.each([
    ['LIVE', [jvm('a', HERE), jvm('b', { epoch: 3, revision: 6 })]],
    ['WRITTEN', [jvm('a', HERE), jvm('b', BEFORE)]],
    ['WRITTEN', [jvm('a', HERE), jvm('b', EPOCH_BEFORE)]],
    ['WRITTEN', [jvm('a', HERE), jvm('b', null)]],
    ['WRITTEN', [jvm('a', HERE), jvm('b', HERE, 'LOADED')]],
    ['FAILED', [jvm('a', HERE), jvm('b', HERE, 'FAILED')]],
    ['FAILED', [jvm('a', HERE), jvm('b', null, 'UNSUPPORTED')]],
    ['WRITTEN', []],
  ])('is %s by what the JVMs say (%#)', (state, jvms) => {
    expect(progress([agent('h', HERE, jvms)], ['h'], ['a', 'b']).state).toBe(state);
  });

  test('is never LIVE while a host that counts does not list all of its JVMs', () => {
    const whole = agent('h', HERE, [jvm('a', HERE)]);
    const part = agent('i', HERE, [jvm('b', HERE)], { incomplete: true });
    expect(progress([whole, part], ['h', 'i'], ['a', 'b'])).toMatchObject({
      state: 'WRITTEN',
      hosts: { total: 2, written: 2, incomplete: 1 },
      targets: [
        { state: 'WRITTEN', reason: null },
        { state: 'WRITTEN', reason: 'JVMS_LEFT_OUT: 1' },
      ],
    });
    expect(progress([whole, part], ['h'], ['a'])).toMatchObject({ state: 'LIVE', hosts: { incomplete: 0 } });
  });

  test('is PENDING until every host has written, whatever the JVMs say', () => {
    const done = agent('h', HERE, [jvm('a', HERE)]);
    expect(progress([done, agent('i', BEFORE)], ['h', 'i'], ['a']).state).toBe('PENDING');
    expect(progress([done, agent('i', HERE)], ['h', 'i'], ['a']).state).toBe('LIVE');
  });

  test('has nothing of a host that diverged: its revisions are not those of the database', () => {
    const after = { ...HERE, revision: 60 };
    const diverged = agent('h', after, [jvm('a', after)], { diverged: true });
    expect(progress([diverged], ['h'], ['a'])).toMatchObject({
      state: 'PENDING',
      hosts: { written: 0 },
      jvms: { total: 1, live: 0 },
      targets: [{ state: 'DIVERGED' }],
    });
  });

  test('has NO_TARGETS when nobody was there, also when somebody came since', () => {
    expect(progress([], []).state).toBe('NO_TARGETS');
    expect(progress([agent('h', HERE, [jvm('a', HERE)])], [])).toMatchObject({
      state: 'NO_TARGETS',
      hosts: { total: 0 },
      jvms: { total: 0, joined: 1 },
      targets: [{ joined: true }],
    });
  });

  test('counts a JVM under another host as one that joined', () => {
    const moved = progress([agent('h', HERE), agent('i', HERE, [jvm('a', HERE)])], ['h'], ['a']);
    expect(moved.jvms).toMatchObject({ total: 0, joined: 1 });
  });

  test('is UNREACHABLE while a host that counts is silent, whatever it and its JVMs said before', () => {
    const silent = { ageMs: 60_001 };
    const live = agent('h', HERE, [jvm('a', HERE)]);
    expect(progress([live, agent('i', HERE, [jvm('b', HERE)], silent)], ['h', 'i'], ['a', 'b'])).toMatchObject({
      state: 'UNREACHABLE',
      hosts: { total: 2, written: 1, unreachable: 1 },
      jvms: { total: 2, live: 1 },
      targets: [{ state: 'WRITTEN' }, { state: 'UNREACHABLE', reason: 'SILENT' }],
    });
    expect(progress([live, { ...agent('i', null), status: null }], ['h', 'i'], ['a'])).toMatchObject({
      state: 'UNREACHABLE',
      hosts: { total: 2, unreachable: 1 },
      targets: [{ state: 'WRITTEN' }, { state: 'UNREACHABLE', reason: 'NEVER_REPORTED' }],
    });
    expect(progress([agent('h', HERE, [jvm('a', HERE, 'FAILED')], silent), live], ['h'], ['a']).state).toBe('FAILED');
  });

  test('names a host that joined since and is silent, and counts neither it nor its JVMs', () => {
    const silent = agent('late', null, [jvm('a', HERE)], { ageMs: 60_001 });
    expect(progress([silent], [])).toMatchObject({
      state: 'NO_TARGETS',
      hosts: { total: 0, unreachable: 0 },
      jvms: { total: 0, joined: 0 },
      targets: [{ joined: true, state: 'UNREACHABLE', reason: 'SILENT', jvms: [] }],
    });
    expect(progress([silent], ['late']).targets).toMatchObject([
      { joined: false, state: 'UNREACHABLE', reason: 'SILENT' },
    ]);
  });

  test('says DIVERGED, STALE and FAILED of a host that has not written, and WRITTEN of one that has', () => {
    expect(progress([agent('h', BEFORE, [], { diverged: true })], ['h']).targets).toMatchObject([
      { state: 'DIVERGED' },
    ]);
    expect(progress([agent('h', BEFORE, [], { state: 'STALE' })], ['h']).targets).toMatchObject([{ state: 'STALE' }]);
    expect(progress([agent('h', BEFORE, [], { state: 'FAILED' })], ['h'])).toMatchObject({
      state: 'FAILED',
      hosts: { failed: 1 },
    });
    expect(progress([agent('h', HERE, [], { state: 'STALE' })], ['h']).targets).toMatchObject([{ state: 'WRITTEN' }]);
  });
});
