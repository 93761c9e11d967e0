import { type Msg, type NatsConnection, connect } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CertificateSet,
  type ChangeMessage,
  EMPTY_SET,
  LIMITS,
  type Position,
  type Statement,
  applyDelta,
  comparePositions,
  digestOf,
} from '@trustcast/schema';
import { startNats } from '@trustcast/dev/backends/nats.mjs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../support/harness.js';
import { makeCertificate } from '../support/make-certificate.js';
import { createCertificate, createEnvironment, pasted } from '../support/mutations.js';
import type { ServiceProcess } from '../support/service-process.js';
import { TestAgent } from '../support/test-agent.js';
import { useHarness } from '../support/use-harness.js';

const CACHE = fileURLToPath(new URL('../../../../../.trustcast/cache', import.meta.url));

const harness = useHarness();
let nats: NatsConnection;
const running = new Set<ServiceProcess>();
let serial = 0;

beforeAll(async () => {
  nats = await harness.connectNats();
});
afterEach(async () => {
  await Promise.all(
    [...running].map((service) => {
      service.kill('SIGCONT');
      return service.stop();
    }),
  );
  running.clear();
});

async function start(env?: Record<string, string>): Promise<ServiceProcess> {
  const service = await harness.start(env);
  running.add(service);
  return service;
}

interface Heard {
  readonly message: ChangeMessage;
  readonly statement: Statement;
  readonly msg: Msg;
}

/** Follows an environment as an agent does, from nothing but what is published. */
class Follower {
  readonly heard: Heard[] = [];
  readonly heartbeats: Heard[] = [];
  /** Of pulls: who does not reach a revision looks here. */
  readonly failures: unknown[] = [];
  set: CertificateSet = EMPTY_SET;
  at: Position = { epoch: 1, revision: 0 };

  constructor(
    connection: NatsConnection,
    environment: string,
    readonly agent: TestAgent,
  ) {
    connection.subscribe(agent.subjects.heartbeat(environment), {
      callback: (_error, msg) => void this.heartbeats.push({ ...agent.read(msg.data), msg }),
    });
    connection.subscribe(agent.subjects.changed(environment), {
      callback: (_error, msg) => {
        const { message, statement } = agent.read(msg.data);
        this.heard.push({ message, statement, msg });
        if (comparePositions(statement, this.at) <= 0) return;
        if (message.from && comparePositions(message.from, this.at) === 0)
          this.accept(applyDelta(this.set, message), statement);
        else
          agent.pull().then(
            (pulled) => this.accept(applyDelta(EMPTY_SET, pulled.message), pulled.statement),
            (error: unknown) => this.failures.push(error),
          );
      },
    });
  }

  accept(set: CertificateSet, statement: Statement): void {
    const { installation, environment } = this.agent.registration;
    const digest = digestOf({ installation, environment: environment.id }, set);
    if (digest !== statement.digest || comparePositions(statement, this.at) <= 0) return;
    this.set = set;
    this.at = statement;
  }

  async reach(revision: number, timeoutMs = 20_000): Promise<void> {
    await until(
      () => Promise.resolve({ reached: this.at.revision, failures: this.failures.map(String) }),
      ({ reached }) => reached >= revision,
      { timeoutMs },
    );
  }
}

async function follow(service: ServiceProcess): Promise<{ environment: string; follower: Follower; agent: TestAgent }> {
  const environment = `relay-${++serial}`;
  await createEnvironment(service, environment);
  const agent = await TestAgent.enroll(service, environment, 'listener');
  const follower = new Follower(nats, environment, agent);
  await nats.flush();
  return { environment, follower, agent };
}

async function deploy(service: ServiceProcess, environment: string, count = 1): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async () => {
      const name = `${environment}-${++serial}`;
      const { userErrors } = await createCertificate(service, {
        name,
        definitions: [pasted([environment], name, makeCertificate().pem)],
        idempotencyKey: name,
      });
      if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    }),
  );
}

describe('publishing', () => {
  let service: ServiceProcess;
  beforeAll(async () => {
    service = await harness.start();
  });
  afterAll(() => service.stop());

  test('leads every follower from revision to revision, each statement signed when it is sent', async () => {
    const { environment, follower } = await follow(service);
    for (let revision = 1; revision <= 5; revision++) {
      const before = Date.now();
      await deploy(service, environment);
      await follower.reach(revision);
      const { statement } = follower.heard.at(-1)!;
      expect(statement.issuedAt).toBeGreaterThanOrEqual(before - 5);
      expect(statement.expiresAt - statement.issuedAt).toBe(600_000);
    }
    expect(follower.set.size).toBe(5);
  });

  test('says by its headers what it is', async () => {
    const { environment, follower, agent } = await follow(service);
    await deploy(service, environment);
    await follower.reach(1);
    const headers = follower.heard.find(({ statement }) => statement.revision === 1)!.msg.headers!;
    const { installation, environment: scope } = agent.registration;
    expect(headers.get('ce-type')).toBe('io.trustcast.certificate-changed');
    expect(headers.get('ce-source')).toBe(`urn:uuid:${installation}`);
    expect(headers.get('Nats-Msg-Id')).toBe(`${scope.id}.1.1`);
    expect(headers.get('ce-id')).toBe(`${scope.id}.1.1`);
  });

  test('gathers revisions under load without losing one', async () => {
    const { environment, follower } = await follow(service);
    await deploy(service, environment, 150);
    await follower.reach(150);
    expect(follower.set.size).toBe(150);
    expect(follower.heard.length).toBeLessThan(150);
  });

  test('sends no data where it would be too much', async () => {
    const { environment, follower } = await follow(service);
    await deploy(service, environment);
    await follower.reach(1);
    await harness.sql.query(
      `INSERT INTO x509_certificates (fingerprint, der, not_before, not_after, fields)
       SELECT encode(sha256(('f' || i)::bytea), 'hex'), decode(repeat('00', 60000), 'hex'), now(), now(), '{}' FROM generate_series(1, 6) i
       ON CONFLICT DO NOTHING`,
    );
    await harness.sql.query(
      `WITH e AS (UPDATE environments SET revision = revision + 1, head = gen_random_uuid() WHERE name = $1 RETURNING *)
       INSERT INTO revisions (environment_id, revision, epoch, deployment_id, upserts, removals, target_agents, target_jvms)
       SELECT id, revision, epoch, head, (SELECT jsonb_agg(jsonb_build_object('alias', 'f' || i, 'replaces', false,
         'fingerprint', encode(sha256(('f' || i)::bytea), 'hex'))) FROM generate_series(1, 6) i), '[]', '{}', '{}' FROM e`,
      [environment],
    );
    const { message, statement, msg } = await until(
      () => Promise.resolve(follower.heard.at(-1)!),
      (last) => last.statement.revision === 2,
    );
    expect(msg.data.byteLength).toBeLessThan(LIMITS.eventBytes);
    expect(message).toMatchObject({ from: { epoch: 1, revision: 2 }, upserts: [], removals: [] });
    expect(statement.revision).toBe(2);
    // What the log was given here is not in the set: the service does not answer with a digest of something else.
    await until(
      () => Promise.resolve(follower.failures),
      ([failure]) => String(failure).includes('500'),
    );
  });

  test('an environment that nothing changed has its statement too', async () => {
    const { environment, follower, agent } = await follow(service);
    await service.stop();
    service = await harness.start();
    const [first] = await until(
      () => Promise.resolve(follower.heartbeats),
      (heartbeats) => heartbeats.length > 0,
      // The next one comes of itself after fifteen seconds.
      { timeoutMs: 10_000 },
    );
    expect(first!.statement.revision).toBe(0);
    expect(first!.msg.subject).toBe(agent.subjects.heartbeat(environment));
  });
});

describe('several processes', () => {
  test('one leads; after kill -9 of it another does within five seconds, and nothing is missed', async () => {
    const leader = await start();
    await leader.logged('this process leads the relay');
    const other = await start();
    const { environment, follower } = await follow(other);
    await deploy(other, environment, 3);
    await follower.reach(3);
    leader.kill('SIGKILL');
    await leader.ended;
    running.delete(leader);
    const killedAt = performance.now();
    await deploy(other, environment, 3);
    await follower.reach(6, 5_000);
    process.stdout.write(`relay takeover after kill -9: ${(performance.now() - killedAt).toFixed(0)} ms\n`);
    expect(other.output()).toContain('this process leads the relay');
  });

  test('one that is stopped and continued after the takeover says nothing that is wrong', async () => {
    const leader = await start();
    await leader.logged('this process leads the relay');
    const other = await start();
    const { environment, follower } = await follow(other);
    await deploy(other, environment, 2);
    await follower.reach(2);
    leader.kill('SIGSTOP');
    await other.logged('this process leads the relay');
    await deploy(other, environment, 3);
    await follower.reach(5);
    leader.kill('SIGCONT');
    await leader.logged('the connection that the relay leads by is lost');
    await deploy(leader, environment, 2);
    await follower.reach(7);
    const { heard } = follower;
    for (const { statement } of heard) {
      const same = heard.filter((each) => each.statement.revision === statement.revision);
      expect(new Set(same.map((each) => each.statement.digest)).size).toBe(1);
    }
  });

  test('two may lead at once: followers end at the same place', async () => {
    const first = await start();
    const { environment, follower } = await follow(first);
    await first.logged('this process leads the relay');
    // The lock is taken from under the leader: it does not know yet, and the second one leads.
    const second = await start();
    await deploy(first, environment, 20);
    await harness.sql.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trustcast relay'`,
    );
    await deploy(second, environment, 20);
    await follower.reach(40);
    expect(follower.set.size).toBe(40);
  });
});

describe('NATS that goes away', () => {
  test('gets, as soon as it is back, what it missed and a heartbeat', async () => {
    const stateDir = join(harness.folder, 'nats');
    let server = await startNats({ stateDir, cacheDir: CACHE });
    const service = await start({ NATS_URL: server.url });
    const { environment, agent } = await follow(service);
    await server.stop();
    await deploy(service, environment, 200);
    const ready = await fetch(`${service.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'degraded', reasons: ['NATS_UNAVAILABLE'] });
    server = await startNats({ stateDir, cacheDir: CACHE });
    harness.onStop(() => server.stop());
    const connection = await connect({ servers: server.url });
    harness.onStop(() => connection.close());
    const heard: { subject: string; revision: number; from: Position | null }[] = [];
    connection.subscribe(`trustcast.${agent.registration.installation}.${environment}.*`, {
      callback: (_error, msg) => {
        const { message, statement } = agent.read(msg.data);
        heard.push({ subject: msg.subject, revision: statement.revision, from: message.from });
      },
    });
    await until(
      () => Promise.resolve(heard.map(({ revision }) => revision)),
      (revisions) => revisions.includes(200),
      { timeoutMs: 16_000 },
    );
    expect((await agent.pull()).statement.revision).toBe(200);
  });
});
