import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import { testNats, testPostgres } from '@trustcast/dev/backends/test-backends.mjs';
import { Pool } from 'pg';
import { type LaunchedProcess, type ServiceProcess, launchService, startService } from './service-process.js';

export interface Harness {
  readonly databaseUrl: string;
  readonly natsUrl: string;
  readonly sql: Pool;
  readonly folder: string;
  readonly environmentVariables: Record<string, string>;
  /** Starts one more process of the same service. */
  start(env?: Record<string, string>, args?: readonly string[]): Promise<ServiceProcess>;
  /** Launches one that is not waited for, and that ends with the harness. */
  launch(env?: Record<string, string>, args?: readonly string[]): LaunchedProcess;
  /** A connection of its own, which ends with the harness. */
  connectNats(): Promise<NatsConnection>;
  /** Ends what is ended when the test file is. */
  onStop(end: () => Promise<unknown>): void;
  stop(): Promise<void>;
}

/** A database of its own and a NATS; services are started on request. Tests get theirs from `useHarness`. */
export async function makeHarness(given: { databaseUrl?: string; natsUrl?: string }): Promise<Harness> {
  const ends: (() => Promise<unknown>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'trustcast-service-'));
  ends.push(() => rm(folder, { recursive: true, force: true }));
  const databaseUrl = given.databaseUrl ?? (await ownDatabase(ends));
  let { natsUrl } = given;
  if (natsUrl === undefined) {
    const nats = await testNats();
    natsUrl = nats.url;
    ends.push(nats.stop);
  }
  const sql = new Pool({ connectionString: databaseUrl, max: 4 });
  sql.on('error', () => undefined);
  ends.push(() => sql.end());
  const tokenFile = join(folder, 'token');
  const environmentVariables = {
    DATABASE_URL: databaseUrl,
    NATS_URL: natsUrl,
    TRUSTCAST_PORT: '0',
    TRUSTCAST_SIGNING_KEY_FILE: join(folder, 'key.pem'),
    TRUSTCAST_ADMIN_TOKEN_FILE: tokenFile,
  };
  return {
    databaseUrl,
    natsUrl,
    sql,
    folder,
    environmentVariables,
    start: async (env = {}, args = []) => {
      const readToken = () => readFileSync(tokenFile, 'utf8').trim();
      const service = await startService({ ...environmentVariables, ...env }, readToken, args);
      ends.push(() => endOf(service));
      return service;
    },
    launch: (env = {}, args = []) => {
      const launched = launchService({ ...environmentVariables, ...env }, args);
      ends.push(() => endOf(launched));
      return launched;
    },
    connectNats: async () => {
      const nats = await connect({ servers: natsUrl });
      ends.push(() => nats.close());
      return nats;
    },
    onStop: (end) => void ends.push(end),
    stop: async () => {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}

async function endOf(service: LaunchedProcess | ServiceProcess): Promise<void> {
  service.kill('SIGCONT');
  service.kill('SIGTERM');
  await service.ended;
}

async function ownDatabase(ends: (() => Promise<unknown>)[]): Promise<string> {
  const postgres = await testPostgres();
  ends.push(postgres.stop);
  const name = `trustcast_${randomBytes(6).toString('hex')}`;
  const admin = new Pool({ connectionString: postgres.url, max: 1, idleTimeoutMillis: 0 });
  admin.on('error', () => undefined);
  await admin.query(`CREATE DATABASE ${name}`);
  ends.push(async () => {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Asks again and again until the answer holds. */
export async function until<T>(
  question: () => Promise<T>,
  holds: (answer: T) => boolean,
  { timeoutMs = 20_000 } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (holds(answer)) return answer;
    if (performance.now() > deadline)
      throw new Error(`not within ${timeoutMs} ms; the last answer: ${JSON.stringify(answer).slice(0, 500)}`);
    await delay(5);
  }
}
