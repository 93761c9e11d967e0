import { chmodSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { findJdks } from '@trustcast/dev/setup/find-jdks.mjs';
import { type RunningStart, type StartLine, runStart } from '../kit/run-start.js';

let state: string;
beforeAll(() => {
  state = realpathSync(mkdtempSync(join(tmpdir(), 'trustcast-story-')));
  chmodSync(state, 0o711);
});
afterAll(() => rmSync(state, { recursive: true, force: true }));

const of = (run: RunningStart, event: string): StartLine[] => run.lines.filter((line) => line.event === event);
const left = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(state);
      } catch {
        return false;
      }
    });

describe('npm start on an empty state folder', () => {
  let first: RunningStart;
  beforeAll(async () => {
    first = runStart(state, ['--exit']);
    const { code, stderr } = await first.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }, 120_000);

  test('tells a first story from refusal to trust and back, on running JVMs of every JDK it chose', async () => {
    const jdks = await findJdks();
    const managers = of(first, 'manager');
    expect(managers.map(({ jdk, via }) => ({ jdk, via }))).toEqual([
      { jdk: jdks[0]!.major, via: '-javaagent' },
      { jdk: jdks.at(-1)!.major, via: 'attached later' },
    ]);
    for (const { exception, message } of managers) {
      expect(exception).toBe('javax.net.ssl.SSLHandshakeException');
      expect(message).toContain('PKIX path building failed');
    }
    expect(of(first, 'change').map(({ text, revision }) => ({ text, revision }))).toEqual([
      { text: 'deploy "partner-ca" to apimanager', revision: 1 },
      { text: 'delete "partner-ca"', revision: 2 },
    ]);
    expect(of(first, 'closing')).toEqual([expect.objectContaining({ live: 2, total: 2 })]);
  });

  test('tells of every JVM that it is LIVE and got 200 OK, and when', () => {
    const pids = of(first, 'manager').map(({ pid }) => String(pid));
    const moments = of(first, 'moment').map(({ text }) => String(text));
    for (const pid of pids) expect(moments).toContain(`pid ${pid} LIVE · 200 OK`);
    expect(moments).toContain(`written on 1 of 1 host`);
    expect(moments).toContain(`pid ${pids.join(', pid ')} refuse it again, resumed sessions included`);
  });

  test('leaves no process behind', () => {
    expect(left()).toEqual([]);
  });

  test('leaves secrets that only their owner can read', () => {
    for (const file of [
      'admin-token',
      'signing-key.pem',
      'hosts/host-1/enrolment.json',
      'nats/users.conf',
      'nats/service-password',
    ])
      expect(statSync(join(state, file)).mode & 0o777).toBe(0o600);
  });
});

describe('npm start again', () => {
  test('after kill -9 in the middle of the story keeps the data, ends what was left, and tells it to its end', async () => {
    const killed = runStart(state);
    await killed.until('change');
    killed.signal('SIGKILL');
    await killed.ended;

    const next = runStart(state);
    const up = await Promise.race([
      next.until('up'),
      next.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
    ]);
    expect(of(next, 'closing')).toEqual([expect.objectContaining({ live: 2, total: 2 })]);
    // Two revisions of the first run and one of the killed one went before; the leftover is deleted by a fourth.
    expect(of(next, 'change').map(({ revision }) => revision)).toEqual([5, 6]);

    const token = readFileSync(join(state, 'admin-token'), 'utf8').trim();
    const answer = await fetch(`${String(up.url)}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ environments { name revision } }' }),
    });
    expect(await answer.json()).toEqual({ data: { environments: [{ name: 'apimanager', revision: 6 }] } });

    const second = runStart(state);
    expect(await second.ended).toMatchObject({ code: 75, stderr: expect.stringContaining('is in use by process') });

    next.signal('SIGINT');
    expect((await next.ended).code).toBe(0);
    expect(left()).toEqual([]);
  }, 180_000);
});
