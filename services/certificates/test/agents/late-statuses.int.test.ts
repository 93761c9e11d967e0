import { beforeEach, describe, expect, test } from '@jest/globals';
import { agentPaths, signAgentStatus } from '@trustcast/schema';
import { DeployedHost } from '../support/deployed-host.js';
import { useHarness, useService } from '../support/use-harness.js';

const harness = useHarness();
const service = useService(harness);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const host = DeployedHost.use(harness, service, 'late', () => ({ clockOffsetMs: null }));
const { live, told, progress } = host;
let { environment, agent } = host;
beforeEach(() => void ({ environment, agent } = host));

const DELAYED = { state: 'UNREACHABLE', host: { state: 'UNREACHABLE', reason: expect.stringMatching(/^DELAYED: /) } };
const SKEWED = { state: 'UNREACHABLE', host: { state: 'UNREACHABLE', reason: expect.stringMatching(/^CLOCK_SKEW: /) } };

describe('a status that somebody holds back', () => {
  test('makes nobody LIVE an hour later, in order or not, and the host says that it is delayed', async () => {
    for (const ago of [HOUR, HOUR - 15_000, HOUR - 30_000])
      expect(await told(live({ sentAt: Date.now() - ago }))).toEqual(DELAYED);
  });

  test('makes nobody LIVE two minutes later over HTTP either', async () => {
    const compact = await signAgentStatus(live({ sentAt: Date.now() - 2 * MINUTE }), agent.key);
    const answer = await fetch(`${service.url}${agentPaths.status(environment)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${agent.token}` },
      body: JSON.stringify({ status: compact }),
    });
    expect(answer.status).toBe(200);
    expect(await progress()).toEqual(DELAYED);
  });

  test('uses up the minute that silence may last while it is held back', async () => {
    await told(live({ sentAt: Date.now() - 45_000 }));
    const { rows } = await harness.sql.query<{ age: number }>(
      'SELECT extract(epoch FROM clock_timestamp() - received_at)::float8 AS age FROM agent_statuses WHERE agent_id = $1',
      [agent.registration.agent],
    );
    expect(rows[0]!.age).toBeGreaterThan(25);
  });

  test('is held back as well where the clock of its host runs ahead by what it is late', async () => {
    expect(await told(live({ sentAt: Date.now(), clockOffsetMs: HOUR }))).toEqual(DELAYED);
  });

  test('harms a host no longer than that: the next one that comes in time makes it LIVE', async () => {
    expect((await told(live({ sentAt: Date.now() - HOUR }))).state).toBe('UNREACHABLE');
    expect((await told(live({}))).state).toBe('LIVE');
  });
});

describe('a status of a host whose clock is wrong', () => {
  test.each([
    ['an hour behind', -HOUR],
    ['an hour ahead', HOUR],
  ])('is in time by what the agent measured: %s', async (_, clockOffsetMs) => {
    expect((await told(live({ sentAt: Date.now() + clockOffsetMs, clockOffsetMs }))).state).toBe('LIVE');
  });

  test('is in time by what was measured before, where the agent has not measured since it started', async () => {
    await told(live({ sentAt: Date.now() - HOUR, clockOffsetMs: -HOUR }));
    for (let time = 0; time < 2; time++)
      expect((await told(live({ sentAt: Date.now() - HOUR, clockOffsetMs: null }))).state).toBe('LIVE');
  });

  test.each([
    ['behind', -HOUR],
    ['ahead', HOUR],
  ])('proves nothing where it was never measured, and the reason names the clock: %s', async (_, offset) => {
    expect(await told(live({ sentAt: Date.now() + offset, clockOffsetMs: null }))).toEqual(SKEWED);
  });

  test('is in time where it was never measured and is right', async () => {
    expect((await told(live({ clockOffsetMs: null }))).state).toBe('LIVE');
  });

  test('is told and not dropped where its time is beyond any calendar', async () => {
    expect(await told(live({ sentAt: 0, clockOffsetMs: null }))).toEqual(SKEWED);
    expect(await told(live({ sentAt: 0, clockOffsetMs: 8e15 }))).toEqual(DELAYED);
  });
});
