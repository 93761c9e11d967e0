import { beforeEach, describe, expect, test } from '@jest/globals';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ChangeMessage, decodeChangeMessage, encodeChangeMessage, signingKeyOf } from '@trustcast/schema';
import fc from 'fast-check';
import { CompactSign } from 'jose';
import type { AgentProcess } from '../support/agent-process.js';
import { entriesOf, entryOf, writeOf } from '../support/fixtures.js';
import { useHost } from '../support/use-host.js';

const host = useHost();
let agent: AgentProcess;
beforeEach(async () => {
  agent = await host.running();
  await host.service.deploy({ upserts: await entriesOf('a', 'b') });
  await host.service.written();
});
const state = (): string => readFileSync(join(host.directory, 'state/set.journal'), 'latin1');

/** Publishes something that must not be believed; then the next good revision must still get through. */
async function refused(send: () => Promise<void>, code: string): Promise<void> {
  const before = { file: writeOf(host.truststore), state: state() };
  await send();
  await host.service.status(({ refused: counters }) => (counters[code] ?? 0) > 0);
  expect(writeOf(host.truststore)).toBe(before.file);
  expect(state()).toBe(before.state);
  await host.service.deploy({ upserts: [await entryOf('after')] });
  await host.service.written();
}
/** The event that would add an anchor, with another statement. */
async function planted(statement: string): Promise<ChangeMessage> {
  return { statement, from: host.service.position, upserts: [await entryOf('planted')], removals: [] };
}
async function signed(claims: object, header: object = {}): Promise<string> {
  const now = Date.now();
  const { epoch, revision } = host.service.position;
  const payload = {
    ...host.service.scope,
    epoch,
    revision: revision + 1,
    digest: 'a'.repeat(64),
    issuedAt: now,
    expiresAt: now + 60_000,
    ...claims,
  };
  const protectedHeader = { alg: 'EdDSA', typ: 'trustcast-statement+jwt', kid: host.service.key.kid, ...header };
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader(protectedHeader)
    .sign(host.service.key.privateKey, { crit: { urgent: true } });
}

describe('file and state stay as they are, and the reason is counted and reported, for a statement', () => {
  test('that was tampered with', async () => {
    const statement = await signed({});
    const [header, , signature] = statement.split('.');
    const other = (await signed({ digest: 'b'.repeat(64) })).split('.')[1];
    await refused(
      async () => host.service.publish(await planted(`${header}.${other}.${signature}`)),
      'SIGNATURE_INVALID',
    );
  });

  test('signed by a key that is not pinned', async () => {
    const stranger = await signingKeyOf(generateKeyPairSync('ed25519').privateKey);
    const statement = await host.service.statement(1, stranger);
    await refused(async () => host.service.publish(await planted(statement)), 'SIGNATURE_KEY_UNKNOWN');
  });

  test('of another kind of document', async () => {
    const statement = await signed({}, { typ: 'trustcast-status+jwt' });
    await refused(async () => host.service.publish(await planted(statement)), 'SIGNATURE_WRONG_TYPE');
  });

  test('with an unknown critical claim', async () => {
    const statement = await signed({}, { crit: ['urgent'], urgent: true });
    await refused(async () => host.service.publish(await planted(statement)), 'SIGNATURE_CRITICAL_UNKNOWN');
  });

  test('of another installation', async () => {
    const statement = await signed({ installation: randomUUID() });
    await refused(async () => host.service.publish(await planted(statement)), 'WRONG_INSTALLATION');
  });

  test('of another environment', async () => {
    const statement = await signed({ environment: randomUUID() });
    await refused(async () => host.service.publish(await planted(statement)), 'WRONG_ENVIRONMENT');
  });

  test('that has expired', async () => {
    const issuedAt = Date.now() - 3_600_000;
    const statement = await signed({ issuedAt, expiresAt: issuedAt + 600_000 });
    await refused(async () => host.service.publish(await planted(statement)), 'EXPIRED');
  });

  test('from the future', async () => {
    const issuedAt = Date.now() + 3_600_000;
    const statement = await signed({ issuedAt, expiresAt: issuedAt + 600_000 });
    await refused(async () => host.service.publish(await planted(statement)), 'NOT_YET_VALID');
  });

  test('that was accepted before and is replayed after the next one', async () => {
    const replay = await host.service.event();
    await host.service.deploy({ upserts: [await entryOf('c')], removals: ['a'] });
    await host.service.written();
    await refused(() => host.service.publish(replay), 'OLD');
  });

  test('of a lower revision, signed anew', async () => {
    const statement = await host.service.statement(host.service.position.revision - 1);
    await refused(async () => host.service.publish(await planted(statement)), 'OLD');
  });

  test('whose event carries a certificate over 64 KiB', async () => {
    const statement = await signed({});
    const upserts = [{ alias: 'large', der: new Uint8Array(64 * 1024 + 1) }];
    await refused(async () => host.service.publish({ ...(await planted(statement)), upserts }), 'LIMIT_EXCEEDED');
  });

  test.each([
    ['ahead', 86_400_000, 'NOT_YET_VALID'],
    ['behind', -86_400_000, 'EXPIRED'],
  ])('of a clock that is a day %s, which is told with the offset', async (_where, clockMs, code) => {
    await refused(async () => {
      host.service.clockMs = clockMs;
      // The agent asks for the time at most every 15 s, and with an event that is out of time.
      const publish = async () => host.service.publish(await planted(await host.service.statement()));
      const events = setInterval(() => void publish(), 1_000);
      const { reason, clockOffsetMs } = await host.service
        .status(({ reason }) => reason?.startsWith('CLOCK_SKEW') === true, 40_000)
        .finally(() => clearInterval(events));
      expect(reason).toBe(`CLOCK_SKEW: ${clockOffsetMs} ms`);
      // By the minute: messages take their time.
      expect(Math.round(clockOffsetMs! / 60_000)).toBe(-clockMs / 60_000);
      host.service.clockMs = 0;
    }, code);
  });

  test('with another digest for the revision that was accepted, which is told as equivocation', async () => {
    const statement = await signed({ revision: host.service.position.revision });
    await refused(async () => {
      await host.service.publish(await planted(statement));
      await host.service.status(({ reason, state: host }) => reason === 'EQUIVOCATION' && host === 'FAILED');
    }, 'EQUIVOCATION');
  });

  test('longer than 8 KiB', async () => {
    const statement = await signed({ padding: 'x'.repeat(8_192) });
    await refused(async () => host.service.publish(await planted(statement)), 'LIMIT_EXCEEDED');
  });

  test('whose data gives another digest', async () => {
    host.service.change({ upserts: [await entryOf('c')] });
    const event = await host.service.event();
    const before = host.service.requests.length;
    await host.service.publish({ ...event, upserts: [await entryOf('planted')] });
    await host.service.status(({ refused: counters }) => counters.DIGEST_MISMATCH === 1);
    const status = await host.service.written();
    expect(status.managed).toBe(3);
    // One pull of the whole set, and no more.
    expect(host.service.requests.slice(before)).toEqual([`GET /agent/v1/environments/${host.service.environment}/set`]);
  });
});

describe('an answer of the service', () => {
  const answers = async (body: Buffer, encoding: string, problem: string): Promise<void> => {
    const before = { file: writeOf(host.truststore), state: state() };
    let asked = 0;
    host.service.intercept = (request, response) => {
      if (!request.url?.includes('/set')) return false;
      asked += 1;
      response.writeHead(200, { 'content-encoding': encoding }).end(body);
      return true;
    };
    host.service.change({ upserts: [await entryOf('c')] });
    await host.service.publish(await host.service.heartbeat(), 'heartbeat');
    const line = await agent.line(problem === 'MALFORMED' ? 'message refused' : 'pull failed');
    expect(JSON.stringify(line)).toContain(problem);
    expect(asked).toBeGreaterThan(0);
    expect(writeOf(host.truststore)).toBe(before.file);
    expect(state()).toBe(before.state);
    host.service.intercept = () => false;
    await host.service.written();
  };

  test('that explodes when it is decompressed is cut at 32 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
    const memory = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1]) / 1_024;
    const before = memory();
    await answers(bomb, 'gzip', 'HTTP_TOO_LARGE');
    expect(memory() - before).toBeLessThan(150);
  });

  test('that is no gzip is refused', async () => {
    await answers(Buffer.from('not gzip'), 'gzip', 'HTTP_FAILED');
  });

  test('in an encoding that was not asked for is refused', async () => {
    await answers(Buffer.from('{}'), 'zstd', 'HTTP_FAILED');
  });

  test('that is no message is refused', async () => {
    await answers(gzipSync(Buffer.from('{"statement":1}')), 'gzip', 'MALFORMED');
    await answers(gzipSync(Buffer.from('[]')), 'gzip', 'ANOTHER_SERVICE');
  });
});

test('whatever else is published, only what was signed is in the truststore', async () => {
  host.service.change({ upserts: [await entryOf('c')] });
  const event = JSON.parse(encodeChangeMessage(await host.service.event()).toString()) as Record<string, unknown>;
  const before = writeOf(host.truststore);
  const field = fc.constantFrom('statement', 'from', 'upserts', 'removals');
  const change = fc.tuple(field, fc.oneof(fc.jsonValue(), fc.constant(undefined)));
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    change
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(event[name]))
      .map(([name, value]) => Buffer.from(JSON.stringify({ ...event, [name]: value }))),
  );
  const samples = fc.sample(bytes, 300);
  // The service is away, so that nothing of it is fetched in the meantime.
  host.service.intercept = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  for (const sample of samples) await host.service.publish(sample);
  // Of candidates for one position that wait together, one is tried: the others are not counted.
  const candidates = samples.filter((sample) => isCandidate(sample, event.statement));
  const least = samples.length - Math.max(0, candidates.length - 1);
  const counted = (refused: Readonly<Record<string, number>>): number =>
    Object.values(refused).reduce((a, b) => a + b, 0);
  await host.service.status(({ refused: counters }) => counted(counters) >= least, 60_000);
  expect(writeOf(host.truststore)).toBe(before);
  host.service.intercept = () => false;
  await host.service.publish(await host.service.event());
  await host.service.written();
}, 120_000);

/** Readable, and with the statement that was signed. */
function isCandidate(sample: Uint8Array, statement: unknown): boolean {
  try {
    return decodeChangeMessage(sample).statement === statement;
  } catch {
    return false;
  }
}
